using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace TaskPlatform.Tests.Monitoring;

/// <summary>Receives webhooks, after it has rejected some.</summary>
internal sealed class WebhookReceiver(WebApplication application, Channel<JsonElement> calls) : IAsyncDisposable
{
    public Uri Address => new(application.Urls.Single());

    public int Waiting => calls.Reader.Count;

    public static async Task<WebhookReceiver> StartAsync(int refusals)
    {
        var calls = Channel.CreateUnbounded<JsonElement>();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var application = builder.Build();
        application.MapPost("/", (JsonElement body) =>
        {
            if (Interlocked.Decrement(ref refusals) >= 0)
                return Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
            calls.Writer.TryWrite(body);
            return Results.Ok();
        });
        await application.StartAsync(TestContext.Current.CancellationToken);
        return new WebhookReceiver(application, calls);
    }

    public async Task<JsonElement> NextAsync()
        => await calls.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    public ValueTask DisposeAsync() => application.DisposeAsync();
}
