using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using TaskPlatform.EventBus.InMemory;
using TaskPlatform.Tests.Compliance;

namespace TaskPlatform.EventBus.Tests.Consuming;

/// <summary>The settler with a real receiver, on a broker in memory.</summary>
public sealed class SettlerTests : IDisposable
{
    private readonly FakeTimeProvider clock = new(DateTimeOffset.UnixEpoch.AddYears(50));
    private readonly InMemoryBroker broker;
    private readonly EventBusOptions options = new();
    private readonly ConsumerGroup group = Deliveries.Group();
    private readonly FailingReceiver receiver;
    private readonly KeyedQueue queue = new(100, 1);
    private readonly BusHealth health = new();
    private readonly Settler settler;

    public SettlerTests()
    {
        broker = new InMemoryBroker(clock);
        receiver = new FailingReceiver(new InMemoryReceiver(broker, group, new HandlingLog(), new ConsumerName("a"), options));
        settler = new Settler(group, receiver, queue, health, clock, NullLogger.Instance);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        queue.Dispose();
        broker.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_done_is_completed_and_leaves_the_queue(bool handledNow)
    {
        var delivery = await ReceiveAsync();

        await settler.SettleAsync([new Decision(delivery, handledNow ? Outcome.Handled : Outcome.Skipped)], Cancellation);

        Assert.Empty(queue.Held);
        Assert.Empty(Pending());
    }

    [Fact]
    public async Task What_is_still_open_stays()
    {
        var delivery = await ReceiveAsync();
        await settler.SettleAsync(new EventBatch([delivery]).Decisions(), Cancellation);
        Assert.Same(delivery, Assert.Single(queue.Held));
        Assert.Single(Pending());
    }

    [Fact]
    public async Task A_failed_event_is_retried_after_the_delay_of_its_attempt()
    {
        var policy = RetryPolicy.After(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(100));
        var delivery = await ReceiveAsync(("attempt", "1"));
        var outcome = Outcome.Failed(policy, delivery.Attempt, DeadLetterReason.Exhausted, new InvalidOperationException());

        await settler.SettleAsync([new Decision(delivery, outcome)], Cancellation);
        Assert.Empty(queue.Held);
        clock.Advance(TimeSpan.FromSeconds(79));
        Assert.Single(broker.Stream("parcel.sent").Entries);
        clock.Advance(TimeSpan.FromSeconds(42));

        Assert.Equal("2", Deliveries.Text(broker.Stream("parcel.sent").Entries[1].Fields, "attempt"));
    }

    [Fact]
    public async Task A_dead_letter_is_moved_to_the_queue()
    {
        var delivery = await ReceiveAsync();
        var outcome = Outcome.DeadLetter(DeadLetterReason.Rejected, new NonRetryableException("never"));

        await settler.SettleAsync([new Decision(delivery, outcome)], Cancellation);

        var deadLetter = Assert.Single(broker.DeadLetters.All).Entry;
        Assert.Equal(("rejected", "never", "readers", "a"), (deadLetter.Reason, deadLetter.Error, deadLetter.Group, deadLetter.Consumer));
        Assert.Empty(queue.Held);
    }

    [Fact]
    public async Task An_event_for_a_group_that_does_not_exist_becomes_that_groups_dead_letter()
    {
        var delivery = await ReceiveAsync(("target_group", "strangers"));

        await settler.SettleAsync([new Decision(delivery, Outcome.ForAnotherGroup)], Cancellation);

        var deadLetter = Assert.Single(broker.DeadLetters.All).Entry;
        Assert.Equal(("unknown_group", "strangers"), (deadLetter.Reason, deadLetter.Group));
        Assert.Empty(queue.Held);
        Assert.Empty(Pending());
    }

    [Fact]
    public async Task While_the_transport_is_unavailable_it_is_repeated_and_the_health_says_so()
    {
        var delivery = await ReceiveAsync();
        receiver.Failures.Enqueue(SettleStatus.Unavailable);
        receiver.Failures.Enqueue(SettleStatus.Unavailable);

        var settling = settler.SettleAsync([new Decision(delivery, Outcome.Handled)], Cancellation);
        Assert.True(health.HasProblems);
        Assert.Single(queue.Held);
        await clock.UntilAsync(settling);

        Assert.False(health.HasProblems);
        Assert.Empty(receiver.Failures);
        Assert.Empty(Pending());
    }

    [Fact]
    public async Task What_the_transport_refuses_stays_held_until_it_is_settled_again()
    {
        var delivery = await ReceiveAsync();
        receiver.Failures.Enqueue(SettleStatus.Refused);

        await settler.SettleAsync([new Decision(delivery, Outcome.Handled)], Cancellation);
        Assert.Single(queue.Held);
        Assert.Single(Pending());

        await settler.SettleRefusedAsync(Cancellation);
        Assert.Empty(queue.Held);
        Assert.Empty(Pending());
    }

    [Fact]
    public async Task What_another_consumer_owns_leaves_the_queue_without_a_dead_letter()
    {
        var delivery = await ReceiveAsync();
        clock.Advance(options.ClaimIdle);
        await new InMemoryReceiver(broker, group, new HandlingLog(), new ConsumerName("b"), options).ClaimAsync(10, Cancellation);
        var outcome = Outcome.DeadLetter(DeadLetterReason.Exhausted, new InvalidOperationException());

        await settler.SettleAsync([new Decision(delivery, outcome)], Cancellation);

        Assert.Empty(queue.Held);
        Assert.Equal(0, broker.DeadLetters.Count);
    }

    private async Task<Delivery> ReceiveAsync(params (string Name, string Value)[] headers)
    {
        broker.Append("parcel.sent", [Deliveries.Field("data", Deliveries.Json(1)), .. headers.Select(header => Deliveries.Field(header.Name, header.Value))]);
        var delivery = Delivery.Parse(Assert.Single(await receiver.ReceiveAsync(10, Cancellation)), options.MaxEventBytes);
        queue.Add([delivery]);
        return delivery;
    }

    private IEnumerable<EntryId> Pending() => broker.Stream("parcel.sent").Groups["readers"].Pending.Keys;

    /// <summary>Fails to settle as often as a test says.</summary>
    private sealed class FailingReceiver(IReceiver inner) : IReceiver
    {
        public Queue<SettleStatus> Failures { get; } = new();

        public Task<IReadOnlyList<ReceivedEvent>> ReceiveAsync(int max, CancellationToken cancellationToken) => inner.ReceiveAsync(max, cancellationToken);

        public Task StopReceivingAsync() => inner.StopReceivingAsync();

        public Task<ClaimedEvents> ClaimAsync(int max, CancellationToken cancellationToken) => inner.ClaimAsync(max, cancellationToken);

        public Task<bool> CountDeliveryAsync(EventPosition position, CancellationToken cancellationToken) => inner.CountDeliveryAsync(position, cancellationToken);

        public Task<IReadOnlyList<EventPosition>> RenewAsync(IReadOnlyCollection<EventPosition> held, CancellationToken cancellationToken)
            => inner.RenewAsync(held, cancellationToken);

        public Task<IReadOnlyList<SettleResult>> SettleAsync(IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken)
            => Failures.TryDequeue(out var status)
                ? Task.FromResult<IReadOnlyList<SettleResult>>([.. settlements.Select(_ => new SettleResult(status, new InvalidOperationException("no")))])
                : inner.SettleAsync(settlements, cancellationToken);

        public CoalescedSignal Unbalanced => inner.Unbalanced;

        public Task AddDeadLetterAsync(EventPosition position, DeadLetterRecord deadLetter, CancellationToken cancellationToken)
            => inner.AddDeadLetterAsync(position, deadLetter, cancellationToken);

        public Task<TimeSpan> BalanceAsync(CancellationToken cancellationToken) => inner.BalanceAsync(cancellationToken);

        public Task ReleaseAsync(IReadOnlyCollection<ReleasedEvent> held) => inner.ReleaseAsync(held);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
