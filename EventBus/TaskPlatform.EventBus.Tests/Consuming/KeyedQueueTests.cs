namespace TaskPlatform.EventBus.Tests.Consuming;

public sealed class KeyedQueueTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_worker_takes_an_equal_share_in_the_order_of_arrival()
    {
        using var queue = new KeyedQueue(capacity: 100, workers: 2);
        queue.Add([.. Enumerable.Range(1, 10).Select(number => Deliveries.Of(number))]);

        Assert.Equal([1, 2, 3, 4, 5], Numbers(await queue.TakeAsync(Cancellation)));
        Assert.Equal([6, 7, 8, 9, 10], Numbers(await queue.TakeAsync(Cancellation)));
    }

    [Fact]
    public async Task While_an_aggregate_is_handled_its_later_events_wait_and_those_of_others_do_not()
    {
        using var queue = new KeyedQueue(100, workers: 1);
        queue.Add([Event(1, of: "7")]);
        var running = await queue.TakeAsync(Cancellation);

        queue.Add([Event(2, of: "7"), Event(3, of: "8"), Event(4, of: "7")]);
        var others = await queue.TakeAsync(Cancellation);
        var next = queue.TakeAsync(Cancellation);

        Assert.Equal([3], Numbers(others));
        Assert.False(next.IsCompleted);
        queue.Finish(running);
        Assert.Equal([2, 4], Numbers(await next.WaitAsync(Limit, Cancellation)));
    }

    [Fact]
    public async Task An_aggregate_of_another_type_with_the_same_id_does_not_wait()
    {
        using var queue = new KeyedQueue(100, workers: 1);
        queue.Add([Event(1, of: "7")]);
        await queue.TakeAsync(Cancellation);

        queue.Add([Event(2, of: "7", type: "letter")]);

        Assert.Equal([2], Numbers(await queue.TakeAsync(Cancellation).WaitAsync(Limit, Cancellation)));
    }

    [Fact]
    public async Task Relaxed_no_event_waits_for_another_of_its_aggregate()
    {
        using var queue = new KeyedQueue(100, workers: 2, EventOrdering.Relaxed);
        queue.Add([Event(1, of: "7"), Event(2, of: "7")]);

        var first = await queue.TakeAsync(Cancellation);
        Assert.Equal([1], Numbers(first));
        Assert.Equal([2], Numbers(await queue.TakeAsync(Cancellation).WaitAsync(Limit, Cancellation)));

        queue.Add([Event(3, of: "7")]);
        queue.Finish(first);
        Assert.Equal([3], Numbers(await queue.TakeAsync(Cancellation).WaitAsync(Limit, Cancellation)));
    }

    [Fact]
    public async Task What_is_held_is_not_added_again()
    {
        using var queue = new KeyedQueue(100, workers: 1);
        var held = Deliveries.Of(1);
        queue.Add([held]);
        var taken = await queue.TakeAsync(Cancellation);

        queue.Add([Deliveries.Of(1)]);
        queue.Finish(taken);

        Assert.Same(held, Assert.Single(queue.Held));
        Assert.False(queue.TakeAsync(Cancellation).IsCompleted);
        queue.Remove(held);
        Assert.Empty(queue.Held);
        queue.Add([Deliveries.Of(1)]);
        Assert.Single(queue.Held);
    }

    [Fact]
    public async Task What_runs_takes_room_until_it_is_removed()
    {
        using var queue = new KeyedQueue(capacity: 3, workers: 1);
        queue.Add([Deliveries.Of(1), Deliveries.Of(2)]);
        var taken = await queue.TakeAsync(Cancellation);
        queue.Finish(taken);
        Assert.Equal(1, queue.Free);

        var room = queue.WaitForRoomAsync(2, Cancellation);
        Assert.False(room.IsCompleted);
        queue.Remove(taken[0]);

        await room.WaitAsync(Limit, Cancellation);
        Assert.Equal(2, queue.Free);
    }

    [Fact]
    public void More_than_the_capacity_leaves_no_room()
    {
        using var queue = new KeyedQueue(capacity: 1, workers: 1);
        queue.Add([Deliveries.Of(1), Deliveries.Of(2)]);
        Assert.Equal(0, queue.Free);
    }

    [Fact]
    public async Task Once_complete_workers_end_when_nothing_waits()
    {
        using var queue = new KeyedQueue(100, workers: 1);
        queue.Add([Event(1, of: "7")]);
        var running = await queue.TakeAsync(Cancellation);
        queue.Add([Event(2, of: "7")]);
        queue.Complete();

        var next = queue.TakeAsync(Cancellation);
        Assert.False(next.IsCompleted); // The second event waits for the first.
        queue.Finish(running);

        Assert.Equal([2], Numbers(await next.WaitAsync(Limit, Cancellation)));
        Assert.Empty(await queue.TakeAsync(Cancellation).WaitAsync(Limit, Cancellation));
    }

    [Fact]
    public async Task A_waiting_worker_receives_what_is_added()
    {
        using var queue = new KeyedQueue(100, workers: 1);
        var taking = queue.TakeAsync(Cancellation);
        Assert.False(taking.IsCompleted);

        queue.Add([Deliveries.Of(5)]);

        Assert.Equal([5], Numbers(await taking.WaitAsync(Limit, Cancellation)));
    }

    [Fact]
    public void A_lost_claim_cancels_the_handler_that_runs()
    {
        using var queue = new KeyedQueue(100, workers: 1);
        var held = Deliveries.Of(1);
        queue.Add([held]);
        using var first = new CancellationTokenSource();
        queue.Watch([held], first);
        queue.Watch([held], null);
        using var running = new CancellationTokenSource();
        queue.Watch([held], running);

        queue.LoseClaim(held.Position with { Channel = "events:letter.lost" });
        queue.LoseClaim(held.Position with { Id = "2-0" });
        Assert.False(queue.IsLost(held) || running.IsCancellationRequested);

        queue.LoseClaim(held.Position);
        Assert.True(queue.IsLost(held));
        Assert.True(running.IsCancellationRequested);
        Assert.False(first.IsCancellationRequested);
    }

    [Fact]
    public void A_claim_that_was_lost_before_its_handler_runs_cancels_it_at_once()
    {
        using var queue = new KeyedQueue(100, workers: 1);
        var held = Deliveries.Of(1);
        queue.Add([held]);
        queue.LoseClaim(held.Position);

        using var running = new CancellationTokenSource();
        queue.Watch([held], running);
        Assert.True(running.IsCancellationRequested);

        queue.Remove(held);
        queue.Add([held]); // Claimed again.
        Assert.False(queue.IsLost(held));
    }

    private static Delivery Event(int number, string of, string type = "parcel") => Deliveries.Of(
        number, $$$"""{"type":"parcel.sent","aggregate_id":"{{{of}}}","aggregate_type":"{{{type}}}","data":{},"timestamp":"2026-01-01T00:00:00Z"}""");

    private static IEnumerable<int> Numbers(IEnumerable<Delivery> deliveries)
        => deliveries.Select(delivery => Deliveries.NumberOf(delivery));
}
