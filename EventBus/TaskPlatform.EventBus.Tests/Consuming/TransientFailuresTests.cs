namespace TaskPlatform.EventBus.Tests.Consuming;

public sealed class TransientFailuresTests
{
    private readonly TransientFailures failures = new();
    private readonly TransientHistory history = new();
    private readonly Guid eventId = Guid.CreateVersion7();

    [Fact]
    public void While_no_event_of_its_handler_is_committed_the_store_is_at_fault()
    {
        for (var i = 0; i < 20; i++)
        {
            failures.Committed("letter.lost");
            Assert.True(failures.Tolerates("parcel.sent", eventId, history, StoreFailure.Unavailable));
        }
    }

    [Fact]
    public void Once_others_of_its_handler_are_committed_it_has_three_more_failures()
    {
        Assert.True(failures.Tolerates("parcel.sent", eventId, history, StoreFailure.Unavailable));
        failures.Committed("parcel.sent");

        Assert.Equal([true, true, true, false], Enumerable.Range(0, 4).Select(_ => failures.Tolerates("parcel.sent", eventId, history, StoreFailure.Unavailable)));
    }

    [Fact]
    public void An_event_that_loses_its_connection_has_three_failures()
        => Assert.Equal(
            [true, true, true, false],
            Enumerable.Range(0, 4).Select(_ => failures.Tolerates("parcel.sent", eventId, history, StoreFailure.ConnectionLost)));

    [Fact]
    public void An_event_that_was_at_fault_has_three_failures_in_its_retry_too()
    {
        while (failures.Tolerates("parcel.sent", eventId, history, StoreFailure.ConnectionLost))
        {
            // Until it is at fault.
        }

        var later = new TransientHistory();
        Assert.Equal([true, true, true, false], Enumerable.Range(0, 4).Select(_ => failures.Tolerates("parcel.sent", eventId, later, StoreFailure.Unavailable)));
    }
}
