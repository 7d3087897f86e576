using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.Redis;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.EventBus;

/// <summary>The connection string selects RESP2 or RESP3, which have different reply formats; the bus works the same with both.</summary>
public sealed class ProtocolTests(RedisServer redis, PostgresServer postgres)
{
    private const string Group = "readers";
    private const string Type = "note.written";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("resp2")]
    [InlineData("resp3")]
    public async Task Events_are_handled_retried_and_dead_lettered(string protocol)
    {
        var place = await PlaceAsync(protocol);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, Group);

        await process.WriteAsync([.. Enumerable.Range(1, 50).Select(i => new NoteWritten(i, i switch { 7 => ObeyNote.FailForGood, 8 => ObeyNote.Fail, _ => "good" }))]);
        await process.EraseAsync(1); // So that one read returns two streams.

        await view.DeadLettersAsync(2);
        await view.PublishedAsync();
        await view.SettledAsync(Group, "note.erased");
        await view.AssertExactlyOnceAsync(Group, notes: 50, others: 1);
    }

    [Theory]
    [InlineData("resp2")]
    [InlineData("resp3")]
    public async Task Dead_letters_are_listed_found_reprocessed_and_deleted(string protocol)
    {
        var place = await PlaceAsync(protocol);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place, Group);
        await process.WriteAsync(new NoteWritten(1, ObeyNote.FailForGood), new NoteWritten(2, ObeyNote.FailForGood));
        var written = await view.DeadLettersAsync(2);
        var queue = process.Services.GetRequiredService<IDeadLetterQueue>();

        var listed = (await queue.ListAsync(DeadLetterFilter.All, limit: 10, after: null, Cancellation)).Items;
        Assert.Equal(written.Select(deadLetter => deadLetter["id"]).Reverse(), listed.Select(deadLetter => deadLetter.Id));
        Assert.Equal(written[0]["data"], (await queue.FindAsync(written[0]["id"], Cancellation))!.Data);
        Assert.Equal(2, Assert.Single(await queue.GroupAsync(DeadLetterFilter.All, Cancellation)).Count);

        Assert.Equal(ReprocessOutcome.Reprocessed, Assert.Single(await queue.ReprocessAsync([written[0]["id"]], Cancellation)).Outcome);
        await BusView.Until(() => view.EntriesAsync("event_dlq"), deadLetters => deadLetters is [var first, _] && first["id"] == written[1]["id"]);
        var newest = (await queue.FindNewestAsync(Cancellation))!;
        var sweep = await queue.SweepAsync(new DeadLetterSweep(SweepAction.Delete, DeadLetterFilter.All, newest, After: null, "sweep", Limit: 10), Cancellation);
        Assert.Equal((2, 2L, 0L), (sweep.Handled, sweep.Total, await queue.CountAllAsync(Cancellation)));
    }

    [Theory]
    [InlineData("resp2")]
    [InlineData("resp3")]
    public async Task Streams_are_described_measured_and_replayed(string protocol)
    {
        var place = await PlaceAsync(protocol);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place);
        await process.WriteAsync(new NoteWritten(1, "good"), new NoteWritten(2, "good"), new NoteWritten(3, "good"));
        await view.PublishedAsync();
        var stream = place.Prefix + "events:note.written";
        await view.Redis.StreamCreateConsumerGroupAsync(stream, Group, "0");
        await view.Redis.StreamReadGroupAsync(stream, Group, "one", count: 2);
        var ids = (await view.EntriesAsync("events:note.written")).ConvertAll(entry => entry["id"]);

        var admin = process.Services.GetRequiredService<IStreamAdmin>();
        var group = Assert.Single(Assert.Single(await admin.DescribeAsync([Type], Cancellation)).Groups);
        Assert.Equal((Group, 1L, 2L, 1L, ids[1]), (group.Name, group.Lag, group.Pending, group.Consumers, group.LastDeliveredId));
        var consumer = Assert.Single(await admin.ConsumersAsync(Type, Group, Cancellation));
        Assert.Equal(("one", 2L), (consumer.Name, consumer.Pending));
        var pending = Assert.Single(await admin.PendingAsync(Type, Group, limit: 10, after: ids[0], Cancellation));
        Assert.Equal((ids[1], "one", 1L), (pending.EntryId, pending.Consumer, pending.Deliveries));
        Assert.Equal([ids[1], ids[0]], (await admin.EntriesAsync(Type, limit: 2, after: ids[2], newestFirst: true, Cancellation)).Select(entry => entry.EntryId));

        var monitor = process.Services.GetServices<IHostedService>().OfType<BusMonitor>().Single();
        var sample = (await monitor.RunOnceAsync(Cancellation))!.Streams.Single(sampled => sampled.Stream == "events:note.written");
        Assert.Equal((3L, 1L, 2L), (sample.Length, sample.Groups[0].Lag, sample.Groups[0].Pending));

        var replays = process.Services.GetRequiredService<IReplays>();
        var gap = EntryId.Parse(ids[0]).Previous().ToString();
        var first = await replays.CopyAsync(new Replay("copy", Type, Group, After: "0-0", UpTo: ids[2], ReapplyEffects: true), limit: 10, Cancellation);
        Assert.Equal(new ReplayProgress(Next: "0-0", Copied: 0, Gap: gap), first);
        var copied = await replays.CopyAsync(new Replay("copy", Type, Group, After: gap, UpTo: ids[2], ReapplyEffects: true), limit: 10, Cancellation);
        Assert.Equal(new ReplayProgress(Next: null, Copied: 3, Gap: null), copied);
        var request = new LogReplay("notes", new Replay("log", Type, Group, After: "0-0", UpTo: ids[2], ReapplyEffects: true), Rate: null);
        await BusView.Until(() => replays.RequestAsync(request, Cancellation), progress => progress is { Done: true, Added: 3 });
        await replays.WithdrawAsync("log", Cancellation);
        Assert.Equal(9, await view.DeliveriesAsync());
        Assert.False(await view.Redis.KeyExistsAsync(place.Prefix + "events:replays"));
    }

    private async Task<BusPlace> PlaceAsync(string protocol)
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        return place with { Redis = $"{place.Redis},protocol={protocol}" };
    }
}
