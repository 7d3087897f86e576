using System.Globalization;
using TaskPlatform.EventBus;

namespace TaskPlatform.Tests.Compliance;

/// <summary>Publishing and receiving.</summary>
public abstract partial class TransportComplianceTests
{
    [Fact]
    public async Task Events_of_a_stream_are_received_in_the_order_they_were_published()
    {
        var receiver = Subject.CreateReceiver("a", GroupOf("readers", Sent, Lost), new HandlingLog());
        OutgoingEvent[] events =
        [
            .. Enumerable.Range(1, 300).Select(number => number % 3 == 0
                ? OutgoingEvent.Create(Catalog, new LetterLost(number), DateTimeOffset.UnixEpoch)
                : Outgoing(number)),
        ];
        var results = new List<PublishResult>();
        foreach (var page in events.Chunk(70))
            results.AddRange(await Subject.Transport.PublishAsync(page, Cancellation));

        var received = await ReceiveAsync(receiver, 300, max: 50);

        foreach (var type in (string[])[Sent, Lost])
        {
            var ofStream = received.Where(one => one.Position.Channel == ChannelOf(type)).ToList();
            Assert.Equal(Enumerable.Range(1, 300).Where(number => number % 3 == 0 == (type == Lost)), Numbers(ofStream));
            Assert.Equal(
                results.Zip(events).Where(pair => pair.Second.Type == type).Select(pair => pair.First.EntryId),
                ofStream.Select(one => one.Position.Id));
        }
    }

    [Fact]
    public async Task An_event_is_received_with_its_data_and_headers()
    {
        var outgoing = new OutgoingEvent(
            Guid.CreateVersion7(), Sent, "1", Json(1), AggregateVersion: 7, Schema: 2, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "vendor=1",
            CorrelationId: "correlated", CausationId: "caused");
        await Subject.Transport.PublishAsync([outgoing], Cancellation);

        var received = Assert.Single(await ReceiveAsync(Receiver("a"), 1));

        Assert.Equal(0, received.PriorDeliveries);
        Assert.Equal(ChannelOf(Sent), received.Position.Channel);
        Assert.Equal(
            [
                ("aggregate_version", "7"), ("causation_id", "caused"), ("correlation_id", "correlated"), ("data", Json(1)),
                ("event_id", outgoing.EventId.ToString()), ("schema", "2"), ("traceparent", outgoing.TraceParent!), ("tracestate", "vendor=1"),
            ],
            received.Fields.Select(field => (field.Name, Value(received, field.Name)!)).OrderBy(field => field.Name, StringComparer.Ordinal));
    }

    [Fact]
    public async Task Behind_an_event_that_is_refused_none_of_its_stream_is_added_and_other_streams_accept_theirs()
    {
        // One more id is left.
        await Subject.AddAsync(NameOf(Sent), [Field("data", Json(0))], Subject.LastButOneId);

        var results = await Subject.Transport.PublishAsync(
            [Outgoing(1), OutgoingEvent.Create(Catalog, new LetterLost(2), DateTimeOffset.UnixEpoch), Outgoing(3), Outgoing(4),
                OutgoingEvent.Create(Catalog, new LetterLost(5), DateTimeOffset.UnixEpoch)],
            Cancellation);

        Assert.Equal([false, false, true, true, false], results.Select(result => result.Refused));
        Assert.Equal([true, true, false, false, true], results.Select(result => result.EntryId is not null));
        Assert.All(results, result => Assert.Equal(result.Refused, result.Error is not null));
        var received = await ReceiveAsync(Subject.CreateReceiver("a", GroupOf("readers", Sent, Lost), new HandlingLog()), 4);
        Assert.Equal([0, 1, 2, 5], Numbers(received).Order());
    }

    [Fact]
    public async Task Fields_are_received_as_they_were_written()
    {
        EntryField[] fields =
        [
            Field("x-tenant", "first"), Field("x-tenant", "second"), Field("event_id", ""), Field("attempt", "many"), Field("schéma", "ü"),
            new EntryField("data", new byte[] { 0xff, 0x00, 0xfe }), Field("", "unnamed"),
        ];
        var id = await Subject.AddAsync(NameOf(Sent), fields);
        await Subject.AddAsync(NameOf(Sent), [Field("no", "data")]);

        var received = await ReceiveAsync(Receiver("a"), 2);

        Assert.Equal(id, received[0].Position.Id);
        Assert.Equal(fields.Select(field => field.Name), received[0].Fields.Select(field => field.Name));
        Assert.All(fields.Zip(received[0].Fields), pair => Assert.Equal(pair.First.Value.ToArray(), pair.Second.Value.ToArray()));
        Assert.Equal("no", Assert.Single(received[1].Fields).Name);
    }

    [Fact]
    public async Task Each_group_receives_every_event_also_one_that_is_created_later()
    {
        await PublishAsync(3);
        var first = Receiver("a", "first");
        foreach (var received in await ReceiveAsync(first, 3))
            await CompleteAsync(first, received);
        await PublishAsync(2, from: 4);

        Assert.Equal([4, 5], Numbers(await ReceiveAsync(first, 2)));
        Assert.Equal([1, 2, 3, 4, 5], Numbers(await ReceiveAsync(Receiver("a", "later"), 5)));
    }

    [Fact]
    public async Task Competing_consumers_receive_each_event_once()
    {
        IReceiver[] receivers = [Receiver("a"), Receiver("b"), Receiver("c")];
        await PublishAsync(200);
        var all = new List<ReceivedEvent>();
        var byConsumer = new List<int>();
        foreach (var receiver in receivers)
        {
            var own = await ReceiveSomeAsync(receiver, max: 40);
            byConsumer.Add(own.Count);
            all.AddRange(own);
        }

        while (all.Count < 200)
        {
            var calls = receivers.Select(receiver => receiver.ReceiveAsync(10, Cancellation)).ToList();
            foreach (var call in calls)
                all.AddRange(await CompleteAsync(call));
        }

        Assert.Equal(Enumerable.Range(1, 200), Numbers(all).Order());
        Assert.All(byConsumer, count => Assert.InRange(count, 1, 40));
    }

    [Fact]
    public async Task A_receive_waits_for_an_event()
    {
        var receiver = Receiver("a");
        await AssertNothingAsync(receiver);
        var receiving = receiver.ReceiveAsync(10, Cancellation);
        Assert.False(receiving.IsCompleted);

        await PublishAsync(1);

        Assert.Equal([1], Numbers(await receiving.WaitAsync(Limit, Cancellation) is { Count: > 0 } received ? received : await ReceiveAsync(receiver, 1)));
    }

    [Fact]
    public async Task A_receive_in_progress_returns_when_it_is_stopped()
    {
        var receiver = Receiver("a");
        await AssertNothingAsync(receiver);
        var receiving = receiver.ReceiveAsync(10, Cancellation);

        await receiver.StopReceivingAsync();

        Assert.Empty(await receiving.WaitAsync(Limit, Cancellation));
    }

    [Fact]
    public async Task Trimming_drops_finished_entries_after_the_retention_and_nothing_that_a_group_has_not_finished()
    {
        var reader = Receiver("a");
        await PublishAsync(500);
        var received = await ReceiveAsync(reader, 450, max: 450);
        await reader.SettleAsync([.. received.Take(400).Select(Completed)], Cancellation);
        await Subject.Transport.Capabilities.Trimmer!.TrimAsync([NameOf(Sent)], Cancellation);
        Assert.Equal(500, (await ReceiveAsync(Receiver("a", "before"), 500)).Count);
        await CompleteGroupAsync("before");

        await Subject.PassTimeAsync(Subject.Retention + Step);
        await Subject.Transport.Capabilities.Trimmer!.TrimAsync([NameOf(Sent)], Cancellation);

        var later = Receiver("a", "later");
        var left = Numbers(await ReceiveSomeAsync(later, max: 512)).ToList();
        Assert.Equal(Enumerable.Range(500 - left.Count + 1, left.Count), left);
        Assert.InRange(left.Count, 100, 499);
    }

    /// <summary>Has a group finish all that it was given.</summary>
    private async Task CompleteGroupAsync(string group)
    {
        var receiver = Receiver("a", group);
        var held = await ReceiveAsync(receiver, 500);
        await receiver.SettleAsync([.. held.Select(Completed)], Cancellation);
    }
}
