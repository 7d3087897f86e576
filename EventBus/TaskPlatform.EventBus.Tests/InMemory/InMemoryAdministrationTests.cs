using Microsoft.Extensions.Time.Testing;
using TaskPlatform.EventBus.InMemory;
using TaskPlatform.Tests.Compliance;

namespace TaskPlatform.EventBus.Tests.InMemory;

public sealed class InMemoryAdministrationTests : IDisposable
{
    private readonly FakeTimeProvider clock = new(DateTimeOffset.UnixEpoch.AddYears(50));
    private readonly InMemoryBroker broker;
    private readonly InMemoryStreamAdmin admin;
    private readonly InMemoryReplays replays;
    private readonly InMemoryReceiver receiver;

    public InMemoryAdministrationTests()
    {
        broker = new InMemoryBroker(clock);
        (admin, replays) = (new InMemoryStreamAdmin(broker), new InMemoryReplays(broker));
        receiver = new InMemoryReceiver(broker, Deliveries.Group(), new HandlingLog(), new ConsumerName("a"), new EventBusOptions());
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => broker.Dispose();

    [Fact]
    public async Task A_stream_is_described_with_its_groups_and_consumers()
    {
        var ids = Append(5);
        var received = await receiver.ReceiveAsync(3, Cancellation);
        await receiver.SettleAsync([new Settlement(received[0].Position, SettlementKind.Complete, null)], Cancellation);
        await receiver.SettleAsync([new Settlement(received[1].Position, SettlementKind.Retry, null) { RetryAfter = TimeSpan.FromHours(1) }], Cancellation);
        clock.Advance(TimeSpan.FromSeconds(7));

        var described = await admin.DescribeAsync(["parcel.sent", "letter.lost"], Cancellation);

        Assert.Equal((true, 5L, ids[0], ids[4]), (described[0].Exists, described[0].Length, described[0].FirstEntryId, described[0].LastEntryId));
        Assert.Equal(
            new GroupDescription("readers", 2, false, EntryId.Parse(ids[3]).Time, 2, TimeSpan.FromSeconds(7), 1, ids[2]), Assert.Single(described[0].Groups));
        Assert.False(described[1].Exists);
        Assert.Equal(new ConsumerDescription("a", 1, TimeSpan.FromSeconds(7)), Assert.Single(await admin.ConsumersAsync("parcel.sent", "readers", Cancellation)));
        Assert.Equal(
            [(ids[1], "(retry)", 1L), (ids[2], "a", 1L)],
            (await admin.PendingAsync("parcel.sent", "readers", 10, null, Cancellation)).Select(entry => (entry.EntryId, entry.Consumer, entry.Deliveries)));
        Assert.Equal(1, await admin.CountScheduledAsync(Cancellation));
    }

    [Fact]
    public async Task Entries_are_read_in_both_directions()
    {
        var ids = Append(5);

        Assert.Equal([ids[4], ids[3]], await PageAsync(after: null, newestFirst: true));
        Assert.Equal([ids[2], ids[1]], await PageAsync(ids[3], newestFirst: true));
        Assert.Equal([ids[0], ids[1]], await PageAsync(after: null, newestFirst: false));
        Assert.Equal([ids[4]], await PageAsync(ids[3], newestFirst: false));
        var first = (await admin.EntriesAsync("parcel.sent", 1, null, newestFirst: false, Cancellation))[0];
        Assert.Equal(("1", Deliveries.Json(1), "acme"), (first.AggregateId, first.Data, first.Headers["x-tenant"]));

        async Task<IEnumerable<string>> PageAsync(string? after, bool newestFirst)
            => (await admin.EntriesAsync("parcel.sent", 2, after, newestFirst, Cancellation)).Select(entry => entry.EntryId);
    }

    [Fact]
    public async Task A_removed_group_does_not_hold_back_trimming()
    {
        Append(2);
        await receiver.ReceiveAsync(10, Cancellation);
        var transport = new InMemoryTransport(broker, new ConsumerName("a"), new EventBusOptions(), Topologies.Default);
        clock.Advance(TimeSpan.FromDays(8));
        await transport.TrimAsync(["parcel.sent"], Cancellation);
        Assert.Equal(2, broker.Stream("parcel.sent").Entries.Count);

        Assert.True(await admin.RemoveGroupAsync("parcel.sent", "readers", Cancellation));
        Assert.False(await admin.RemoveGroupAsync("parcel.sent", "readers", Cancellation));

        await transport.TrimAsync(["parcel.sent"], Cancellation);
        Assert.Empty(broker.Stream("parcel.sent").Entries);
    }

    [Fact]
    public async Task A_replay_copies_past_events_for_one_group_and_no_copies()
    {
        var ids = Append(3);
        var replay = new Replay("replay", "parcel.sent", "readers", EntryId.Parse(ids[0]).Previous().ToString(), ids[2], ReapplyEffects: true);

        var first = await replays.CopyAsync(replay, 2, Cancellation);
        var second = await replays.CopyAsync(replay with { After = first.Next! }, 2, Cancellation);
        var again = await replays.CopyAsync(replay with { UpTo = broker.Stream("parcel.sent").LastId.ToString() }, 10, Cancellation);

        Assert.Equal((ids[1], 2, 1, null, 3), (first.Next, first.Copied, second.Copied, second.Next, again.Copied));
        var copy = broker.Stream("parcel.sent").Entries[3].Fields;
        Assert.Equal(("readers", "replay", ids[0], "acme"),
            (Deliveries.Text(copy, "target_group"), Deliveries.Text(copy, "replay_id"), Deliveries.Text(copy, "first_entry_id"), Deliveries.Text(copy, "x-tenant")));
        Assert.NotEqual(DerivedEventId.Of(Deliveries.Stream, ids[0]).ToString(), Deliveries.Text(copy, "event_id"));
    }

    [Fact]
    public async Task What_a_stream_has_lost_is_requested_from_the_log_and_appended_once()
    {
        var ids = Append(2);
        var replay = new Replay("replay", "parcel.sent", "readers", "1-0", ids[1], ReapplyEffects: false);
        var gap = (await replays.CopyAsync(replay, 10, Cancellation)).Gap!;
        Assert.Equal(EntryId.Parse(ids[0]).Previous().ToString(), gap);
        var request = new LogReplay("parcels", replay with { UpTo = gap }, Rate: null);
        var outgoing = OutgoingEvent.Create(Deliveries.Catalog, new ParcelSent(9), clock.GetUtcNow());

        var before = await replays.RequestAsync(request, Cancellation);
        Assert.Equal(request, Assert.Single(await replays.FindOpenAsync("parcels", Cancellation)).Request);
        Assert.Empty(await replays.FindOpenAsync("others", Cancellation));
        Assert.True(await replays.AppendAsync(request, before, [outgoing], cursor: 7, done: true, Cancellation));
        Assert.False(await replays.AppendAsync(request, before, [outgoing], cursor: 7, done: true, Cancellation));

        Assert.Equal(new LogReplayProgress(7, 1, true), await replays.RequestAsync(request, Cancellation));
        Assert.Empty(await replays.FindOpenAsync("parcels", Cancellation));
        Assert.Equal(outgoing.EventId.ToString(), Deliveries.Text(broker.Stream("parcel.sent").Entries[2].Fields, "event_id"));
        await replays.WithdrawAsync("replay", Cancellation);
        Assert.Equal(0, (await replays.RequestAsync(request, Cancellation)).Added);
    }

    private List<string> Append(int count)
        => [.. Enumerable.Range(1, count).Select(number => broker.Append(
            "parcel.sent", [Deliveries.Field("data", Deliveries.Json(number)), Deliveries.Field("x-tenant", "acme")]))];
}
