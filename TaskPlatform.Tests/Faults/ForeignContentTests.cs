using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.EventBus.Redis;
using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Faults;

/// <summary>Another program writes unreadable content into the bus's keys: only that content is affected.</summary>
[Trait("suite", "faults")]
public sealed class ForeignContentTests(RedisServer redis, PostgresServer postgres)
{
    private const string Group = "readers";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Unreadable_content_in_any_key_delays_no_event()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        RedisKey Key(string name) => place.Prefix + name;
        RedisValue[] noRetries =
        [
            new byte[] { 0x93, 0xC3, 0xA1, (byte)'a', 0xA1, (byte)'b' }, // msgpack: [true, "a", "b"]
            "", "events:note.written", "events:note.written 99999999999999999999999-0 readers", new byte[] { 0xFF, 0x00 },
        ];
        foreach (var retry in noRetries)
            await view.Redis.SortedSetAddAsync(Key("events:retry"), retry, 0);
        await view.Redis.HashSetAsync(Key("events:targeted"), [new("x", "y"), new("events:note.written x", "y z"), new("events:note.written 99999999999999999999999-0", "y z")]);
        await view.Redis.SortedSetAddAsync(Key("events:lost:entries"), "events:note.written x", 1e15);
        await view.Redis.HashSetAsync(Key("events:ahead"), [new("events:note.written", "x"), new("events:note.erased", new byte[] { 0x91, 0xC3 })]);
        await view.Redis.HashSetAsync(Key("events:trimmed"), "events:note.written", "x");
        await view.Redis.HashSetAsync(Key("events:groups"), "x", "y");
        await view.Redis.HashSetAsync(Key("events:alerts"), [new("x", "not JSON"), new("y", "null"), new("z", "{}")]);
        await view.Redis.ListRightPushAsync(Key("events:alerts:unpublished"), ["not JSON", "null"]);
        await view.Redis.HashSetAsync(Key("events:counts"), [new("x", "1"), new("x y", "z")]);
        await view.Redis.HashSetAsync(Key("events:outbox"), [new("x", "y"), new("other", "1"), new("far", "1 99999999999999999999")]);
        await view.Redis.HashSetAsync(Key("events:lost"), [new("x", "1"), new("x y", "z")]);
        await view.Redis.HashSetAsync(Key("events:replays"), [new("x", "{}"), new("y", """{"Service":"notes"}"""), new("z", """{"Service":"notes","Replay":{"ReplayId":"z","Type":"note.written","Group":"g","After":"x","UpTo":"y","Again":true},"Rate":null}""")]);
        await view.Redis.HashSetAsync(Key("event_dlq:index"), "x", "y");
        await view.Redis.HashSetAsync(Key("event_dlq:kinds"), [new("", "x"), new("abc", "x")]);
        await view.Redis.SortedSetAddAsync(Key("event_dlq:by_kind"), "x", 0);
        await view.AddAsync("events:note.erased", "data", "{}"); // Its last id is set to one in the future below.
        await view.Redis.ExecuteAsync("XSETID", place.Prefix + "events:note.erased", "99999999999999-0");

        await using var process = await BusProcess.StartAsync(place, options => options.StreamRetention = TimeSpan.FromSeconds(1), Group);
        await process.WriteAsync(new NoteWritten(1, ObeyNote.Fail), new NoteWritten(2, "good"));

        var letters = await view.DeadLettersAsync(noRetries.Length + 2);
        Assert.Equal(
            noRetries.Select(retry => Convert.ToHexString((byte[])retry!)).Order(),
            (await view.Redis.StreamRangeAsync(Key("event_dlq"))).Where(letter => (string?)letter["original_id"] is "").Select(letter => Convert.ToHexString((byte[]?)letter["data"] ?? [])).Order());
        Assert.Contains(letters, letter => letter["reason"] == "exhausted");
        await view.SettledAsync(Group);

        var sample = await MonitorOf(process).RunOnceAsync(Cancellation);
        Assert.NotNull(sample);
        Assert.Empty(sample.Lost);
        Assert.False(await view.Redis.HashExistsAsync(Key("events:alerts"), "x"));
        await process.Services.GetServices<IHostedService>().OfType<RetentionService<NotesDb>>().Single().RunOnceAsync(Cancellation);
        Assert.Empty(await process.Services.GetRequiredService<IReplays>().FindOpenAsync("notes", Cancellation));
        var lost = await process.Services.GetRequiredService<IEventTransport>().Capabilities.Probe!.FindLostAsync("note.written", DateTimeOffset.UnixEpoch, Cancellation);
        Assert.Empty(lost.Pending);
        Assert.Empty(lost.Targeted);
        Assert.False(await view.Redis.KeyExistsAsync(Key("events:targeted")));

        var queue = process.Services.GetRequiredService<IDeadLetterQueue>();
        Assert.Equal(letters.Count, (await queue.GroupAsync(DeadLetterFilter.All, Cancellation)).Sum(group => group.Count));
        Assert.Single((await queue.ListAsync(new DeadLetterFilter { Reason = "exhausted" }, 10, after: null, Cancellation)).Items);
        Assert.Equal(letters.Count, await queue.CountAsync(DeadLetterFilter.All, letters[^1]["id"], Cancellation));
    }

    [Fact]
    public async Task Replays_continue_if_their_progress_is_unreadable()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place);
        await process.WriteAsync(new NoteWritten(1, "good"));
        await view.PublishedAsync();
        var last = (await view.EntriesAsync("events:note.written"))[0]["id"];
        await view.Redis.HashSetAsync(place.Prefix + "events:replays:progress", "log 0-0", "x y z");

        var request = new LogReplay("notes", new Replay("log", "note.written", Group, After: "0-0", UpTo: last, ReapplyEffects: true), Rate: null);
        await BusView.Until(() => process.Services.GetRequiredService<IReplays>().RequestAsync(request, Cancellation), progress => progress is { Done: true, Added: 1 });
    }

    [Fact]
    public async Task Bookkeeping_keys_of_a_wrong_type_stop_no_event_and_no_dead_letter()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        foreach (var name in (string[])[
            "events:groups", "events:targeted", "events:lost", "events:lost:entries", "events:trimmed", "events:ahead", "events:outbox", "events:alerts",
            "events:alerts:unpublished", "events:counts", "events:replays", "events:replays:progress", "event_dlq:index", "event_dlq:kinds", "event_dlq:by_kind"])
        {
            await view.Redis.StringSetAsync(place.Prefix + name, "x");
        }

        await view.Redis.ListRightPushAsync(place.Prefix + "events:sampler", "x");
        await using var process = await BusProcess.StartAsync(place, Group);

        await process.WriteAsync(new NoteWritten(1, ObeyNote.Fail), new NoteWritten(2, "good"), new NoteWritten(3, ObeyNote.FailForGood));

        await view.AssertExactlyOnceAsync(Group, notes: 3);
        Assert.NotNull(await MonitorOf(process).RunOnceAsync(Cancellation));
        var queue = process.Services.GetRequiredService<IDeadLetterQueue>();
        Assert.Equal(2, (await queue.GroupAsync(new DeadLetterFilter { Group = Group }, Cancellation)).Sum(group => group.Count));
        Assert.Equal([ReprocessOutcome.Reprocessed], (await queue.ReprocessAsync([(await queue.FindNewestAsync(Cancellation))!], Cancellation)).Select(result => result.Outcome));
        await view.SettledAsync(Group);
    }

    private static BusMonitor MonitorOf(BusProcess process) => process.Services.GetServices<IHostedService>().OfType<BusMonitor>().Single();
}
