namespace TaskPlatform.EventBus.Tests.Consuming;

public sealed class TransientFailuresTests
{
    private readonly TransientFailures failures = new();
    private readonly TransientHistory history = new();

    [Fact]
    public void While_no_event_of_its_type_is_committed_the_store_is_at_fault()
    {
        var delivery = Deliveries.Of(1);
        for (var i = 0; i < 20; i++)
        {
            failures.Committed("parcel.lost");
            Assert.True(failures.Tolerates(delivery, history, StoreFailure.Unavailable));
        }
    }

    [Fact]
    public void Once_others_of_its_type_are_committed_it_has_three_more_failures()
    {
        var delivery = Deliveries.Of(1);
        Assert.True(failures.Tolerates(delivery, history, StoreFailure.Unavailable));
        failures.Committed("parcel.sent");

        Assert.Equal([true, true, true, false], Enumerable.Range(0, 4).Select(_ => failures.Tolerates(delivery, history, StoreFailure.Unavailable)));
    }

    [Fact]
    public void An_event_that_loses_its_connection_has_three_failures()
        => Assert.Equal(
            [true, true, true, false],
            Enumerable.Repeat(Deliveries.Of(1), 4).Select(delivery => failures.Tolerates(delivery, history, StoreFailure.ConnectionLost)));

    [Fact]
    public void An_event_that_was_at_fault_has_three_failures_in_its_retry_too()
    {
        var eventId = Guid.CreateVersion7();
        var first = Deliveries.Of(1, eventId: eventId);
        while (failures.Tolerates(first, history, StoreFailure.ConnectionLost))
        {
            // Until it is at fault.
        }

        var (retry, later) = (Deliveries.Of(2, eventId: eventId), new TransientHistory());
        Assert.Equal([true, true, true, false], Enumerable.Range(0, 4).Select(_ => failures.Tolerates(retry, later, StoreFailure.Unavailable)));
    }
}
