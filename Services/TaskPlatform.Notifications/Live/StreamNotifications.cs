using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using TaskPlatform.Notifications.Data;
using TaskPlatform.Notifications.Notifications;
using TaskPlatform.ServiceDefaults.Data;
using TaskPlatform.ServiceDefaults.Http;
using TaskPlatform.ServiceDefaults.Tokens;
using JsonOptions = Microsoft.AspNetCore.Http.Json.JsonOptions;

namespace TaskPlatform.Notifications.Live;

internal static class StreamNotifications
{
    // Some proxies close connections that are idle for half a minute.
    private static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(15);

    public static void AddNotificationStream(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<LiveStreamOptions>().BindConfiguration(LiveStreamOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<LiveStreams>();
        builder.Services.AddHostedService<NotificationListener>();
    }

    public static void Map(IEndpointRouteBuilder notifications) => notifications.MapGet("/stream", HandleAsync)
        .WithName(nameof(StreamNotifications))
        .WithSummary("Streams the caller's new notifications as server-sent events")
        .WithDescription("Each event has an opaque id. A client that reconnects with Last-Event-ID, as an EventSource does automatically, receives what it missed. "
            + "The stream ends when the token expires or is revoked. A user can have up to 20 open streams; another one ends the oldest.")
        .Produces<string>(contentType: "text/event-stream")
        .ProducesValidationProblem()
        .DisableHttpMetrics();

    private static async Task HandleAsync(
        [FromHeader(Name = "Last-Event-ID")] StreamCursor? lastEventId,
        ClaimsPrincipal caller,
        LiveStreams liveStreams,
        RevokedTokens revokedTokens,
        NotificationsDb db,
        IOptions<JsonOptions> json,
        TimeProvider time,
        IHostApplicationLifetime host,
        HttpContext http)
    {
        using var expiry = new CancellationTokenSource(Remaining(caller, time), time);
        using var watch = revokedTokens.Watch(caller);
        using var subscription = await liveStreams.SubscribeAsync(caller.UserId);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(
            http.RequestAborted, host.ApplicationStopping, expiry.Token, watch.Revoked, subscription.Ended);
        var rows = new StreamRows(db, liveStreams, caller.UserId);
        try
        {
            await rows.StartAsync(lastEventId, end.Token);
            http.Response.ContentType = "text/event-stream";
            http.Response.Headers.CacheControl = "no-cache";
            http.Response.Headers["X-Accel-Buffering"] = "no";
            if (http.IsHead())
                return;

            http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();

            // The first id lets a client that disconnects before the first notification resume without a gap.
            await WriteAsync($": welcome\nid: {rows.Cursor}\n\n");

            while (true)
            {
                await foreach (var (row, id) in rows.NewAsync(end.Token))
                    await WriteAsync($"id: {id}\nevent: notification\ndata: {Serialize(row)}\n\n");
                while (!await subscription.WaitAsync(HeartbeatInterval, time, end.Token))
                    await WriteAsync(": still here\n\n");
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
        }
        catch (Exception failure) when (http.Response.HasStarted && DatabaseFailure.IsUnavailable(failure))
        {
            // The client reconnects and gets a 503 then.
        }

        string Serialize(Notification row) => JsonSerializer.Serialize(NotificationView.Of(row), json.Value.SerializerOptions);

        async Task WriteAsync(string text)
        {
            await http.Response.WriteAsync(text, end.Token);
            await http.Response.Body.FlushAsync(end.Token);
        }
    }

    private static TimeSpan Remaining(ClaimsPrincipal caller, TimeProvider time)
        => caller.TokenExpiry - time.GetUtcNow() is { Ticks: > 0 } remaining ? remaining : TimeSpan.Zero;
}
