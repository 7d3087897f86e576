using System.Text.RegularExpressions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
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
    public async Task Down_for_a_while_nothing_is_lost_no_attempt_is_spent_and_writers_never_notice()
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
    public async Task Killed_and_restarted_again_and_again_it_loses_and_doubles_nothing()
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
    public async Task Frozen_it_is_taken_for_away_and_goes_on_when_it_does()
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
    public async Task Half_open_connections_to_it_are_noticed_and_replaced(string protocol)
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
    public async Task Out_of_memory_it_refuses_events_which_wait_and_keeps_delivering_what_it_has()
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
            // A consumer that starts meanwhile needs no memory of Redis either: its group exists, and it reads.
            await BusView.Until(
                async () => Regex.Count((string)(await view.Redis.ExecuteAsync("CLIENT", "LIST"))!, "cmd=xreadgroup"), readers => readers == 2);
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
