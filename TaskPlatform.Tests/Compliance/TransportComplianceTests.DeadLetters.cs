using TaskPlatform.EventBus;

namespace TaskPlatform.Tests.Compliance;

/// <summary>The dead letter queue.</summary>
public abstract partial class TransportComplianceTests
{
    [Fact]
    public async Task A_dead_letter_says_what_failed_and_has_the_data_verbatim()
    {
        var receiver = Receiver("a");
        var eventId = Guid.CreateVersion7();
        var entryId = await Subject.AddAsync(NameOf(Sent), [Field("data", Json(1)), Field("event_id", eventId.ToString()), Field("x-tenant", "acme"), Field("schema", "1")]);
        var received = Assert.Single(await ReceiveAsync(receiver, 1));

        Assert.Equal(SettleStatus.Settled, await SettleAsync(receiver, DeadLettered(received)));

        var id = await Subject.DeadLetters.FindNewestAsync(Cancellation);
        var found = await Subject.DeadLetters.FindAsync(id!, Cancellation);
        Assert.Equal(Json(1), found!.Data);
        Assert.Equal(("acme", "1"), (found.Headers["header:x-tenant"], found.Headers["schema"]));
        Assert.Contains("It failed.", found.Stack, StringComparison.Ordinal);
        var entry = found.Entry;
        Assert.Equal((Sent, ChannelOf(Sent), "readers", DeadLetterReason.Exhausted), (entry.Type, entry.Stream, entry.Group, entry.Reason));
        Assert.Equal(("It failed.", "System.InvalidOperationException", eventId.ToString(), 1), (entry.Error, entry.Exception, entry.EventId, entry.Attempts));
        Assert.Equal((entryId, entryId, "a"), (entry.OriginalId, entry.FirstEntryId, entry.Consumer));
        Assert.True(DateTimeOffset.TryParse(entry.FirstFailedAt, out _), entry.FirstFailedAt);
        await AssertNothingAsync(receiver);
    }

    [Fact]
    public async Task An_event_that_is_in_its_stream_twice_becomes_one_dead_letter()
    {
        var eventId = Guid.CreateVersion7().ToString();
        await Subject.AddAsync(NameOf(Sent), [Field("data", Json(1)), Field("event_id", eventId)]);
        await Subject.AddAsync(NameOf(Sent), [Field("data", Json(1)), Field("event_id", eventId)]);
        await Subject.AddAsync(NameOf(Sent), [Field("data", Json(2)), Field("event_id", eventId)]);
        await Subject.AddAsync(NameOf(Sent), [Field("data", "unreadable"), Field("event_id", eventId)]);
        await Subject.AddAsync(NameOf(Sent), [Field("data", "unreadable"), Field("event_id", eventId)]);
        var receiver = Receiver("a");

        foreach (var received in await ReceiveAsync(receiver, 5))
            await SettleAsync(receiver, DeadLettered(received));

        // One of the event, one of the other event with its id, and each that can't be read.
        Assert.Equal(4, await Subject.DeadLetters.CountAllAsync(Cancellation));
        await Subject.PassTimeAsync(Subject.ClaimIdle + Step);
        Assert.Empty(await ClaimRoundAsync(await ConnectAsync("b")));
    }

    [Fact]
    public async Task A_reprocessed_dead_letter_is_a_first_delivery_for_its_group()
    {
        var (receiver, other) = (Receiver("a"), Receiver("a", "others"));
        byte[] data = [0xff, .. "unreadable"u8];
        await Subject.AddAsync(NameOf(Sent), [new EntryField("data", data), Field("x-tenant", "acme"), Field("attempt", "3"), Field("traceparent", "trace")]);
        await CompleteAsync(other, Assert.Single(await ReceiveAsync(other, 1)));
        var first = Assert.Single(await ReceiveAsync(receiver, 1));
        await SettleAsync(receiver, DeadLettered(first));
        var id = (await Subject.DeadLetters.FindNewestAsync(Cancellation))!;

        var result = Assert.Single(await Subject.DeadLetters.ReprocessAsync([id], Cancellation));
        var again = Assert.Single(await ReceiveAsync(receiver, 1));

        Assert.Equal((id, ReprocessOutcome.Reprocessed, again.Position.Id), (result.Id, result.Outcome, result.EntryId));
        Assert.Equal(data, again.Fields.Single(field => field.Name == "data").Value.ToArray());
        Assert.Equal(("0", "readers", "acme", "trace"),
            (Value(again, "attempt"), Value(again, "target_group"), Value(again, "x-tenant"), Value(again, "traceparent")));
        Assert.Equal(first.Position.Id, Value(again, "first_entry_id"));
        Assert.Equal(DerivedEventId.Of(first.Position.Channel, first.Position.Id).ToString(), Value(again, "event_id"));
        Assert.Equal(0, await Subject.DeadLetters.CountAllAsync(Cancellation));
        Assert.Equal(ReprocessOutcome.Gone, Assert.Single(await Subject.DeadLetters.ReprocessAsync([id], Cancellation)).Outcome);

        // It can become a dead letter again.
        await SettleAsync(receiver, DeadLettered(again));
        Assert.Equal(1, await Subject.DeadLetters.CountAllAsync(Cancellation));
    }

    [Fact]
    public async Task A_dead_letter_of_a_group_that_does_not_exist_is_not_reprocessed()
    {
        var receiver = Receiver("a");
        await PublishAsync(1);
        await SettleAsync(receiver, DeadLettered(Assert.Single(await ReceiveAsync(receiver, 1)), "strangers"));
        var id = (await Subject.DeadLetters.FindNewestAsync(Cancellation))!;

        Assert.Equal(ReprocessOutcome.NoGroup, Assert.Single(await Subject.DeadLetters.ReprocessAsync([id], Cancellation)).Outcome);
        Assert.Equal(1, await Subject.DeadLetters.CountAllAsync(Cancellation));

        await ReceiveAsync(Receiver("a", "strangers"), 1); // Creates the group.
        Assert.Equal(ReprocessOutcome.Reprocessed, Assert.Single(await Subject.DeadLetters.ReprocessAsync([id], Cancellation)).Outcome);
    }

    [Fact]
    public async Task Dead_letters_are_listed_by_page_and_filter_the_newest_first()
    {
        var receiver = Receiver("a");
        await PublishAsync(12);
        foreach (var (received, index) in (await ReceiveAsync(receiver, 12)).Select((received, index) => (received, index)))
            await SettleAsync(receiver, DeadLettered(received, index % 4 == 0 ? "fourth" : "readers"));
        var queue = Subject.DeadLetters;
        var filter = new DeadLetterFilter { Group = "readers" };

        var ids = new List<string>();
        for (string? after = null; ids.Count == 0 || after is not null;)
        {
            var page = await queue.ListAsync(filter, 4, after, Cancellation);
            ids.AddRange(page.Items.Select(item => item.Id));
            after = page.Next;
        }

        Assert.Equal(9, ids.Count);
        Assert.Equal(ids.Distinct().OrderDescending(Comparer<string>.Create(Subject.Transport.Capabilities.Probe!.Compare)), ids);
        Assert.Equal([("readers", 9L), ("fourth", 3L)], (await queue.GroupAsync(DeadLetterFilter.All, Cancellation)).Select(group => (group.Group, group.Count)));
        Assert.Equal(5, await queue.CountAsync(filter, ids[4], Cancellation));
        Assert.Equal([true, false], await queue.DeleteAsync([ids[0], ids[0]], Cancellation));
        Assert.Equal(11, await queue.CountAllAsync(Cancellation));
    }

    [Fact]
    public async Task A_bulk_operation_ends_at_its_cutoff_and_counts_what_it_did()
    {
        var receiver = Receiver("a");
        await PublishAsync(11);
        var received = await ReceiveAsync(receiver, 11);
        foreach (var one in received.Take(10))
            await SettleAsync(receiver, DeadLettered(one));
        var cutoff = (await Subject.DeadLetters.FindNewestAsync(Cancellation))!;
        await SettleAsync(receiver, DeadLettered(received[10]));
        var sweep = new DeadLetterSweep(SweepAction.Reprocess, DeadLetterFilter.All, cutoff, After: null, "a-job", Limit: 4);

        var totals = new List<long>();
        SweepProgress progress;
        do
        {
            progress = await Subject.DeadLetters.SweepAsync(sweep, Cancellation);
            totals.Add(progress.Total);
            sweep = sweep with { After = progress.Next };
        }
        while (progress.Next is not null);

        Assert.Equal([4, 8, 10], totals);
        Assert.Equal(1, await Subject.DeadLetters.CountAllAsync(Cancellation));
        Assert.Equal(Numbers(received.Take(10)), Numbers(await ReceiveAsync(receiver, 10)));
    }
}
