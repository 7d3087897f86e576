using TaskPlatform.Tests.Compliance;

namespace TaskPlatform.EventBus.Tests.Consuming;

public sealed class EventBatchTests
{
    private static readonly Exception Error = new InvalidOperationException("It failed.");

    [Fact]
    public void The_first_handler_of_all_events_comes_before_the_second()
    {
        var batch = Begin(Deliveries.Of(1), Deliveries.Of(2));
        Assert.Equal(["1 a", "2 a", "1 b", "2 b"], Names(batch.OpenItems()));
    }

    [Fact]
    public void After_a_crash_another_handler_begins()
    {
        Assert.Equal(["1 b", "1 a"], Names(Begin(Deliveries.Of(1, Deliveries.Json(1), prior: 1)).OpenItems()));
        Assert.Equal(["1 a", "1 b"], Names(Begin(Deliveries.Of(1, Deliveries.Json(1), prior: 2)).OpenItems()));
    }

    [Fact]
    public void What_is_decided_is_not_called_again_and_what_was_postponed_is()
    {
        var batch = Begin(Deliveries.Of(1));
        var items = batch.OpenItems();
        items[0].Outcome = Outcome.Handled;
        items[1].Outcome = Outcome.Postponed(Error);
        batch.Conclude();
        Assert.True(batch.Events[0].Outcome.IsPostponed);
        Assert.Single(batch.OpenDeliveries());
        Assert.Empty(batch.Decisions());

        Assert.Equal(["1 b"], Names(batch.OpenItems()));
    }

    [Fact]
    public void An_event_is_handled_when_all_its_handlers_have_finished_and_skipped_if_all_had_before()
    {
        Assert.Same(Outcome.Open, Combined(Outcome.Handled, Outcome.Open));
        Assert.Same(Outcome.Handled, Combined(Outcome.Skipped, Outcome.Handled));
        Assert.Same(Outcome.Skipped, Combined(Outcome.Skipped, Outcome.Skipped));
    }

    [Fact]
    public void It_is_retried_while_one_handler_has_a_retry_left_after_the_longest_delay()
    {
        var deadLetter = Outcome.DeadLetter(DeadLetterReason.Rejected, new NonRetryableException("No."));

        var retry = Combined(deadLetter, Outcome.Retry(TimeSpan.FromSeconds(1), Error));
        Assert.Equal((OutcomeKind.Retry, TimeSpan.FromSeconds(1)), (retry.Kind, retry.RetryAfter));
        Assert.IsType<AggregateException>(retry.Error);

        Assert.Equal(
            TimeSpan.FromSeconds(5),
            Combined(Outcome.Retry(TimeSpan.FromSeconds(5), Error), Outcome.Retry(TimeSpan.FromSeconds(1), Error)).RetryAfter);
        Assert.Equal("b: No.", Combined(Outcome.Handled, deadLetter).ErrorMessage);
    }

    [Fact]
    public void A_decided_event_is_settled_even_if_its_claim_is_lost()
    {
        var batch = Begin(Deliveries.Of(1), Deliveries.Of(2));
        batch.Events[0].Items[0].Outcome = batch.Events[0].Items[1].Outcome = Outcome.Handled;
        batch.Conclude();

        Assert.Equal([batch.Events[1].Delivery], batch.OpenDeliveries());
        Assert.Equal([batch.Events[1].Delivery], batch.RemoveOpen(_ => true));
        Assert.Equal("1-0", Assert.Single(batch.Decisions()).Delivery.EntryId);
    }

    private static Outcome Combined(Outcome first, Outcome second)
    {
        var batch = Begin(Deliveries.Of(1));
        (batch.Events[0].Items[0].Outcome, batch.Events[0].Items[1].Outcome) = (first, second);
        batch.Conclude();
        return batch.Events[0].Outcome;
    }

    private static EventBatch Begin(params Delivery[] deliveries)
    {
        var group = new ConsumerGroup("readers") { Ordering = EventOrdering.Relaxed };
        group.Add(new Subscription<ParcelSent, NoHandler>(Deliveries.Catalog) { GivenName = "a" });
        group.Add(new Subscription<ParcelSent, OtherHandler>(Deliveries.Catalog) { GivenName = "b" });
        var batch = new EventBatch(deliveries);
        foreach (var one in batch.Events)
            one.Begin(new ParcelSent(1), Deliveries.Handlers(group).Find("parcel.sent"));
        return batch;
    }

    private static IEnumerable<string> Names(IEnumerable<WorkItem> items)
        => items.Select(item => $"{Deliveries.NumberOf(item.Delivery)} {item.Handler.Name}");

    private sealed class OtherHandler : IEventHandler<ParcelSent>
    {
        public Task HandleAsync(ParcelSent data, EventContext context, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
