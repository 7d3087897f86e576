using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using StackExchange.Redis;
using TaskPlatform.EventBus;
using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Monitoring;

public sealed class HealthTests(RedisServer shared, PostgresServer postgres)
{
    [Fact]
    public async Task The_check_outbox_is_degraded_while_events_wait_too_long_for_Redis()
    {
        await using var redis = await RedisServer.StartNewAsync();
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var process = await BusProcess.StartAsync(
            place, services => services.Configure<AlertOptions>(alerts => alerts.OutboxAge.Threshold = TimeSpan.FromSeconds(1)), configure: null);
        await HealthAsync(process, "outbox", HealthStatus.Healthy);

        await redis.KillAsync(TestContext.Current.CancellationToken);
        await process.WriteAsync(new NoteWritten(1, "it waits"));
        await HealthAsync(process, "outbox", HealthStatus.Degraded);

        await redis.StartAsync(TestContext.Current.CancellationToken);
        await HealthAsync(process, "outbox", HealthStatus.Healthy);
    }

    [Fact]
    public async Task A_process_that_starts_while_Redis_is_down_reports_the_events_that_it_can_not_publish()
    {
        await using var redis = await RedisServer.StartNewAsync();
        var place = await BusPlace.CreateAsync(redis, postgres);
        await redis.StopAsync(TestContext.Current.CancellationToken);
        await using var process = await BusProcess.StartAsync(
            place, services => services.Configure<AlertOptions>(alerts => alerts.OutboxAge.Threshold = TimeSpan.FromSeconds(1)), configure: null);

        await process.WriteAsync(new NoteWritten(1, "it waits"));
        await HealthAsync(process, "outbox", HealthStatus.Degraded);
        await HealthAsync(process, "event-bus", HealthStatus.Degraded);

        await redis.StartAsync(TestContext.Current.CancellationToken);
        await HealthAsync(process, "outbox", HealthStatus.Healthy);
        await HealthAsync(process, "event-bus", HealthStatus.Healthy);
        await using var view = await BusView.OfAsync(place);
        Assert.Single(await view.EntriesAsync("events:note.written"));
        await BusView.Until(
            async () => (long)((RedisResult[])(await view.Redis.ExecuteAsync("PUBSUB", "NUMSUB", place.Prefix + "events:wake"))!)[1],
            subscribers => subscribers == 1);
    }

    [Fact]
    public async Task A_consumer_whose_handlers_never_return_is_unhealthy()
    {
        var place = await BusPlace.CreateAsync(shared, postgres);
        await using var process = await BusProcess.StartAsync(place, options =>
        {
            options.Prefetch = 1;
            options.StallTimeout = TimeSpan.FromSeconds(3);
            options.DrainTimeout = TimeSpan.FromSeconds(1);
        }, "readers");
        await HealthAsync(process, "event-bus", HealthStatus.Healthy);

        await process.WriteAsync(new NoteWritten(1, ObeyNote.Wait(TimeSpan.FromMinutes(5))));

        await HealthAsync(process, "event-bus", HealthStatus.Unhealthy);
    }

    private static async Task HealthAsync(BusProcess process, string check, HealthStatus status)
        => await BusView.Until(
            async () => (await process.Services.GetRequiredService<HealthCheckService>()
                .CheckHealthAsync(registered => registered.Name == check, TestContext.Current.CancellationToken)).Status,
            now => now == status);
}
