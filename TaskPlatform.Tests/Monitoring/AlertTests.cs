using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using TaskPlatform.EventBus;
using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Monitoring;

/// <summary>An alert from its cause to its recipients.</summary>
public sealed class AlertTests(RedisServer redis, PostgresServer postgres)
{
    private const string Group = "readers";

    [Fact]
    public async Task Dead_letters_call_the_webhook_once_and_degrade_the_health_until_they_are_purged()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var receiver = await WebhookReceiver.StartAsync(refusals: 1);
        await using var process = await BusProcess.StartAsync(place, services => services.Configure<AlertOptions>(alerts =>
        {
            alerts.Interval = TimeSpan.FromMilliseconds(100);
            alerts.Webhook = receiver.Address;
        }), configure: null, Group);
        await HealthAsync(process, HealthStatus.Healthy);
        await BusView.Until(() => view.Redis.KeyExistsAsync(place.Prefix + "events:sampler"), exists => exists);

        await process.WriteAsync(new NoteWritten(1, ObeyNote.FailForGood), new NoteWritten(2, ObeyNote.FailForGood));

        var firing = await receiver.NextAsync();
        Assert.Equal("4", firing.GetProperty("version").GetString());
        Assert.Equal("firing", firing.GetProperty("status").GetString());
        var alert = Assert.Single(firing.GetProperty("alerts").EnumerateArray());
        Assert.Equal("dlq_growth", alert.GetProperty("labels").GetProperty("alertname").GetString());
        await HealthAsync(process, HealthStatus.Degraded);

        await view.DeadLettersAsync(2);
        await view.Redis.KeyDeleteAsync(place.Prefix + "event_dlq");

        Assert.Equal("resolved", (await receiver.NextAsync()).GetProperty("status").GetString());
        await HealthAsync(process, HealthStatus.Healthy);
        Assert.Equal(0, receiver.Waiting);
    }

    [Fact]
    public async Task Dead_letters_added_while_no_sampler_is_running_fire_when_one_starts()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        static void LookOften(IServiceCollection services) => services.Configure<AlertOptions>(alerts => alerts.Interval = TimeSpan.FromMilliseconds(100));
        await using (await BusProcess.StartAsync(place, LookOften, configure: null, Group))
            await BusView.Until(async () => (long?)await view.Redis.HashGetAsync(place.Prefix + "events:counts", "dlq_growth "), baseline => baseline == 0);

        await view.Redis.StreamAddAsync(place.Prefix + "event_dlq", "data", "{}");
        await using var next = await BusProcess.StartAsync(place, LookOften, configure: null, Group);

        await HealthAsync(next, HealthStatus.Degraded);
    }

    private static async Task HealthAsync(BusProcess process, HealthStatus status)
        => await BusView.Until(
            async () => (await process.Services.GetRequiredService<HealthCheckService>()
                .CheckHealthAsync(check => check.Name == "event-bus", TestContext.Current.CancellationToken)).Status,
            now => now == status);
}
