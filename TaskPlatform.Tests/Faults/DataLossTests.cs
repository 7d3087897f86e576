using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Faults;

/// <summary>Redis loses data under load, with failing events that are scheduled for a retry or already dead-lettered.</summary>
[Trait("suite", "faults")]
public sealed class DataLossTests(PostgresServer postgres)
{
    private const string Group = "readers";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public Task After_an_empty_restart_all_events_are_republished_and_effects_happen_once()
        => LoseAsync(async (redis, view) =>
        {
            await redis.KillAsync(Cancellation);
            redis.EraseData();
            await redis.StartAsync(Cancellation);
        });

    [Fact]
    public Task After_a_flush_all_events_are_republished_and_effects_happen_once()
        => LoseAsync(async (redis, view) => await view.Redis.ExecuteAsync("FLUSHALL"));

    [Fact]
    public async Task After_a_restore_to_an_earlier_copy_the_missing_events_are_republished()
    {
        string? copy = null;
        await LoseAsync(
            async (redis, view) =>
            {
                await redis.KillAsync(Cancellation);
                redis.RestoreData(copy!);
                await redis.StartAsync(Cancellation);
            },
            earlier: redis => copy = redis.CopyData());
    }

    private async Task LoseAsync(Func<RedisServer, BusView, Task> lose, Action<RedisServer>? earlier = null)
    {
        await using var redis = await RedisServer.StartNewAsync();
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(
            place,
            options =>
            {
                options.RetryDelays.Clear();
                options.RetryDelays.Add(TimeSpan.FromSeconds(1));
            },
            Group);
        await using var load = Load.On(process, text: id => id % 10 == 0 ? ObeyNote.Fail : id % 10 == 5 ? ObeyNote.FailForGood : "good");
        await load.MoreAsync(100);
        await view.DeadLettersAsync(5);

        earlier?.Invoke(redis);
        await load.MoreAsync(100);
        await lose(redis, view);

        await Outage.AssertEffectsGoOnAsync(view, Outage.Recovery, "Redis lost data");
        await load.MoreAsync(50);
        await load.StopAsync();
        await view.AssertExactlyOnceAsync(Group, load.Written);
        Assert.Equal(load.Written / 10 + ((load.Written + 5) / 10), (await view.EntriesAsync("event_dlq")).Count);
    }
}
