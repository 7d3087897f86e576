using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using TaskPlatform.EventBus;
using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Monitoring;

/// <summary>An alert from its cause to those who are told.</summary>
public sealed class AlertTests(RedisServer redis, PostgresServer postgres)
{
    private const string Group = "readers";

    [Fact]
    public async Task Dead_letters_call_the_webhook_once_and_degrade_the_health_until_they_are_purged()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var receiver = await Receiver.StartAsync(refusals: 1);
        await using var process = await BusProcess.StartAsync(place, services => services.Configure<AlertOptions>(alerts =>
        {
            alerts.Interval = TimeSpan.FromMilliseconds(100);
            alerts.Webhook = receiver.Address;
        }), configure: null, Group);
        await HealthAsync(process, HealthStatus.Healthy);
        await BusView.Until(async () => (long)await view.Redis.ExecuteAsync("EXISTS", place.Prefix + "events:sampler"), there => there == 1);

        await process.WriteAsync(new NoteWritten(1, ObeyNote.FailForGood), new NoteWritten(2, ObeyNote.FailForGood));

        var firing = await receiver.NextAsync();
        Assert.Equal("4", firing.GetProperty("version").GetString());
        Assert.Equal("firing", firing.GetProperty("status").GetString());
        var alert = Assert.Single(firing.GetProperty("alerts").EnumerateArray());
        Assert.Equal("dlq_growth", alert.GetProperty("labels").GetProperty("alertname").GetString());
        await HealthAsync(process, HealthStatus.Degraded);

        await view.DeadLettersAsync(2);
        await view.Redis.ExecuteAsync("DEL", place.Prefix + "event_dlq");

        Assert.Equal("resolved", (await receiver.NextAsync()).GetProperty("status").GetString());
        await HealthAsync(process, HealthStatus.Healthy);
        Assert.Equal(0, receiver.Waiting);
    }

    private static async Task HealthAsync(BusProcess process, HealthStatus status)
        => await BusView.Until(
            async () => (await process.Services.GetRequiredService<HealthCheckService>()
                .CheckHealthAsync(check => check.Name == "event-bus", TestContext.Current.CancellationToken)).Status,
            now => now == status);

    /// <summary>Takes webhooks, after it has refused some.</summary>
    private sealed class Receiver(WebApplication application, Channel<JsonElement> calls) : IAsyncDisposable
    {
        public Uri Address => new(application.Urls.Single());

        public int Waiting => calls.Reader.Count;

        public static async Task<Receiver> StartAsync(int refusals)
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
            return new Receiver(application, calls);
        }

        public async Task<JsonElement> NextAsync()
            => await calls.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30));

        public ValueTask DisposeAsync() => application.DisposeAsync();
    }
}
