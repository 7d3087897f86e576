using System.Text.RegularExpressions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using TaskPlatform.EventBus;
using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Faults;

/// <summary>Redis fails under load and comes back without losing data.</summary>
[Trait("suite", "faults")]
public sealed class RedisFaultTests(PostgresServer postgres)
{
    private const string Group = "readers";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task While_Redis_is_down_no_event_is_lost_no_attempt_is_used_up_and_writers_succeed()
    {
        await using var redis = await RedisServer.StartNewAsync();
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, Group);
        await using var load = Load.On(process);
        await process.Seen.TakeAsync(20);

        await redis.StopAsync(Cancellation);
        await process.HealthAsync(HealthStatus.Degraded);
        await load.MoreAsync(1);
        await Task.Delay(TimeSpan.FromSeconds(5), Cancellation);
        await redis.StartAsync(Cancellation);

        await Outage.AssertEffectsGoOnAsync(view, Outage.Recovery, "Redis down for 5 s");
        await process.HealthAsync(HealthStatus.Healthy);
        await load.StopAsync();
        Assert.Equal(0, load.Refused);
        await view.AssertExactlyOnceAsync(Group, load.Written);
        await view.AssertNoAttemptSpentAsync();
    }

    [Fact]
    public async Task If_Redis_is_killed_and_restarted_repeatedly_no_event_is_lost_or_handled_twice()
    {
        await using var redis = await RedisServer.StartNewAsync();
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, Group);
        await using var load = Load.On(process, text: id => id % 10 == 0 ? ObeyNote.Fail : "good");

        for (var i = 0; i < 3; i++)
        {
            await load.MoreAsync(50);
            await redis.KillAsync(Cancellation);
            await redis.StartAsync(Cancellation);
            await Outage.AssertEffectsGoOnAsync(view, Outage.Recovery, "Redis killed and restarted");
        }

        await load.StopAsync();
        await view.AssertExactlyOnceAsync(Group, load.Written);
        Assert.All(await view.EntriesAsync("event_dlq"), letter => Assert.Equal(("exhausted", "4"), (letter["reason"], letter["attempts"])));
    }

    [Fact]
    public async Task While_Redis_is_frozen_it_is_treated_as_down_and_the_bus_recovers_when_it_resumes()
    {
        await using var redis = await RedisServer.StartNewAsync();
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, Group);
        await using var load = Load.On(process);
        await process.Seen.TakeAsync(20);

        await redis.PauseAsync(Cancellation);
        await process.HealthAsync(HealthStatus.Degraded);
        await redis.ContinueAsync(Cancellation);

        await Outage.AssertEffectsGoOnAsync(view, Outage.Recovery, "Redis frozen");
        await process.HealthAsync(HealthStatus.Healthy);
        await load.StopAsync();
        await view.AssertExactlyOnceAsync(Group, load.Written);
        await view.AssertNoAttemptSpentAsync();
    }

    [Theory]
    [InlineData("resp2")] // Commands and subscriptions have separate sockets.
    [InlineData("resp3")]
    public async Task Half_open_connections_are_detected_and_replaced(string protocol)
    {
        await using var redis = await RedisServer.StartNewAsync();
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var proxy = FaultProxy.To(redis.Port);
        var proxied = place.Through(redis: proxy);
        await using var process = await BusProcess.StartAsync(proxied with { Redis = $"{proxied.Redis},protocol={protocol}" }, Group);
        await using var load = Load.On(process);
        await process.Seen.TakeAsync(20);

        proxy.Freeze();
        await load.MoreAsync(1);
        await Outage.AssertEffectsGoOnAsync(view, Outage.HalfOpen, "Half-open connections to Redis");

        await process.HealthAsync(HealthStatus.Healthy);
        await load.StopAsync();
        await view.AssertExactlyOnceAsync(Group, load.Written);
        await view.AssertNoAttemptSpentAsync();
    }

    [Fact]
    public async Task While_Redis_is_out_of_memory_new_events_wait_and_existing_ones_are_delivered()
    {
        await using var redis = await RedisServer.StartNewAsync();
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, Group);
        await using var load = Load.On(process, text: id => id % 10 == 0 ? ObeyNote.Fail : "good");
        await process.Seen.TakeAsync(20);

        await view.Redis.ExecuteAsync("CONFIG", "SET", "maxmemory", "1");
        await process.HealthAsync(HealthStatus.Degraded);
        await load.MoreAsync(50);
        await using (var another = await BusProcess.StartAsync(place, Group))
        {
            // A process that starts meanwhile can't acquire a channel. The owner goes on reading, although it can't renew its leases.
            await Task.Delay(1.5 * new EventBusOptions().LeaseDuration, TestContext.Current.CancellationToken);
            Assert.Equal(1, Regex.Count((string)(await view.Redis.ExecuteAsync("CLIENT", "LIST"))!, "cmd=xreadgroup"));
        }

        await view.Redis.ExecuteAsync("CONFIG", "SET", "maxmemory", "0");

        await Outage.AssertEffectsGoOnAsync(view, Outage.Recovery, "Redis out of memory");
        await process.HealthAsync(HealthStatus.Healthy);
        await load.StopAsync();
        Assert.Equal(0, load.Refused);
        await view.AssertExactlyOnceAsync(Group, load.Written);
        Assert.All(await view.EntriesAsync("event_dlq"), letter => Assert.Equal(("exhausted", "4"), (letter["reason"], letter["attempts"])));
    }
}
