using System.Diagnostics.Metrics;
using StackExchange.Redis;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.Redis;
using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Faults;

/// <summary>What dead consumers leave behind.</summary>
[Trait("suite", "faults")]
public sealed class ClaimTests(RedisServer redis, PostgresServer postgres)
{
    private const string Group = "readers";
    private const string Stream = "events:note.written";

    [Fact]
    public async Task All_entries_of_a_dead_consumer_are_claimed_page_by_page_and_the_consumer_is_removed()
    {
        const int Count = 500;
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await LeaveUnfinishedAsync(place, view, Count);

        await using var process = await BusProcess.StartAsync(
            place,
            options =>
            {
                Impatient(options);
                options.InstanceId = "heir";
            },
            Group);

        await view.AssertExactlyOnceAsync(Group, Count);
        await BusView.Until(() => view.ConsumersAsync(Group), consumers => consumers is ["notes:heir"]);
    }

    [Fact]
    public async Task Pending_entries_that_were_deleted_are_counted_as_lost_and_republished()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await LeaveUnfinishedAsync(place, view, 10);
        var ids = (await view.EntriesAsync(Stream)).Select(entry => entry["id"]).ToList();
        await view.Redis.StreamDeleteAsync(place.Prefix + Stream, [ids[2], ids[5]]);
        var lost = 0L;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, all) =>
            {
                if (instrument.Name == "eventbus.entries.lost")
                    all.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            if (tags.ToArray().Contains(new("group", Group)))
                Interlocked.Add(ref lost, value);
        });
        listener.Start();

        await using var process = await BusProcess.StartAsync(place, Impatient, Group);

        await BusView.Until(() => Task.FromResult(Interlocked.Read(ref lost)), count => count == 2);
        await BusView.Until(view.EffectsAsync, effects => effects.Count == 10); // Before the lost events are published again, the group looks settled.
        await view.AssertExactlyOnceAsync(Group, 10);
    }

    [Fact]
    public async Task A_consumer_that_stops_leaves_its_group()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        for (var i = 1; i <= 3; i++)
        {
            await using var process = await BusProcess.StartAsync(place, Group);
            await process.WriteAsync(new NoteWritten(i, "good"));
            await view.SettledAsync(Group);
            Assert.Single(await view.ConsumersAsync(Group));
        }

        Assert.Empty(await view.ConsumersAsync(Group));
    }

    [Fact]
    public async Task Very_large_entries_are_claimed_a_few_at_a_time()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        var ids = new List<string>();
        for (var i = 0; i < 4; i++)
            ids.Add(await view.AddAsync(Stream, "x-giant", new byte[5 * 1024 * 1024], "data", "{}"));
        RedisKey[] keys = [place.Prefix + Stream, place.Prefix + "events:lost", place.Prefix + "events:lost:entries", place.Prefix + "events:retry"];
        await view.Redis.StreamCreateConsumerGroupAsync(keys[0], Group, StreamPosition.Beginning);
        await view.Redis.ExecuteAsync("XREADGROUP", "GROUP", Group, "dead", "COUNT", 4, "STREAMS", keys[0], ">");

        var claimed = await PageAsync(Script.Claim, [Group, "heir", 0, "0-0", 100, Stream, ReservedConsumers.AwaitingRetry]);
        var rest = await PageAsync(Script.Claim, [Group, "heir", 0, claimed.Next, 100, Stream, ReservedConsumers.AwaitingRetry]);
        var own = await PageAsync(Script.ListOwned, [Group, "heir", "-", 100, Stream]);

        Assert.Equal([(2, ids[1]), (2, "0-0"), (2, ids[1])], [claimed, rest, own]);

        async Task<(int Entries, string Next)> PageAsync(string script, RedisValue[] arguments)
        {
            var page = (RedisResult[])(await view.Redis.ScriptEvaluateAsync(script, keys, arguments))!;
            return (((RedisResult[])page[2]!).Length, (string)page[0]!);
        }
    }

    [Fact]
    public async Task An_ack_that_fails_because_the_stream_was_renamed_is_repeated_once_it_is_back()
    {
        const string Renamed = "renamed-readers";
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(
            place,
            options =>
            {
                options.ClaimIdle = TimeSpan.FromMinutes(5); // So that the entry is not claimed.
                options.ClaimInterval = TimeSpan.FromMilliseconds(100);
            },
            Renamed);
        var acked = new TaskCompletionSource();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, all) =>
            {
                if (instrument.Name == "eventbus.event.end_to_end.duration")
                    all.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) =>
        {
            if (tags.ToArray().Contains(new("group", Renamed)))
                acked.TrySetResult();
        });
        listener.Start();

        await process.WriteAsync(new NoteWritten(1, ObeyNote.Wait(TimeSpan.FromMilliseconds(300))));
        await process.Seen.TakeAsync(1);
        await view.Redis.KeyRenameAsync(place.Prefix + Stream, place.Prefix + "away");
        await acked.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal(1, (await view.Redis.StreamPendingAsync(place.Prefix + "away", Renamed)).PendingMessageCount);
        await view.Redis.KeyRenameAsync(place.Prefix + "away", place.Prefix + Stream);

        await view.SettledAsync(Renamed);
        Assert.Single(await view.EffectsAsync());
    }

    /// <summary>Reads entries as a consumer that then disappears.</summary>
    private static async Task LeaveUnfinishedAsync(BusPlace place, BusView view, int count)
    {
        await using (var publisher = await BusProcess.StartAsync(place))
        {
            await publisher.WriteAsync([.. Enumerable.Range(1, count).Select(i => new NoteWritten(i, "good"))]);
            await view.PublishedAsync();
        }

        await view.Redis.StreamCreateConsumerGroupAsync(place.Prefix + Stream, Group, StreamPosition.Beginning);
        await view.Redis.StreamReadGroupAsync(place.Prefix + Stream, Group, "dead", count: count);
        Assert.Single(await view.ConsumersAsync(Group));
    }

    private static void Impatient(EventBusOptions options)
    {
        options.ClaimIdle = TimeSpan.FromMilliseconds(200);
        options.ClaimInterval = TimeSpan.FromMilliseconds(100);
        options.Prefetch = 64;
    }
}
