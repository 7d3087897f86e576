namespace TaskPlatform.EventBus;

/// <summary>The sequences of an ordered group: what its events mean for those of the same aggregate.</summary>
internal sealed class GroupSequences(ConsumerGroup group, IParkedEvents store)
{
    /// <summary>Set when a head may be due earlier than the next poll.</summary>
    public CoalescedSignal Changed { get; } = new();

    public IParkedEvents Store => store;

    public SequenceKey KeyOf(Delivery delivery)
    {
        var (type, id) = delivery.OrderingKey;
        return new SequenceKey(group.Name, type, id);
    }

    public IReadOnlyList<SequenceKey> KeysOf(IReadOnlyList<WorkItem> items) => [.. items.Select(item => KeyOf(item.Delivery)).Distinct()];

    /// <summary>
    /// Whether an event has to wait for its sequence. A head runs if it was dead-lettered, since it is being reprocessed then, or if nothing was decided about
    /// it. One that waits for its retry was delivered again because its consumer died before the ack.
    /// </summary>
    public bool HasToWait(WorkItem item, IReadOnlyDictionary<SequenceKey, SequenceHead> blocked)
        => !item.Event.IsHead && blocked.TryGetValue(KeyOf(item.Delivery), out var head)
            && (head.EventId != item.Delivery.EventId || head.State is ParkedState.Retrying or ParkedState.Waiting);

    /// <summary>Notes that an event of the transport is the head of a sequence.</summary>
    public void Recognize(WorkItem item, IReadOnlyDictionary<SequenceKey, SequenceHead> blocked)
    {
        if (!item.Event.IsHead && blocked.TryGetValue(KeyOf(item.Delivery), out var head) && head.EventId == item.Delivery.EventId)
            item.Event.IsReprocessedHead = true;
    }

    /// <summary>The event as it is parked behind a failed one.</summary>
    public ParkedEvent ToWaiting(Delivery delivery) => new(KeyOf(delivery), delivery.EventId, delivery.Position, delivery.Fields, ParkedState.Waiting);

    /// <summary>Makes later events of the aggregate wait, as soon as a handler of the event has failed.</summary>
    public Task HoldAsync(Delivery failed, CancellationToken cancellationToken)
        => store.HoldAsync(ToWaiting(failed) with { State = ParkedState.Held }, TimeSpan.Zero, cancellationToken);

    /// <summary>Stores what was decided about a failed event, before the transport is informed of it.</summary>
    /// <returns>The outcome for the transport: it need not deliver a parked event again.</returns>
    public async Task<Outcome> StoreAsync(Delivery failed, Outcome outcome, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (outcome.Kind == OutcomeKind.DeadLetter)
        {
            await store.HoldAsync(ToWaiting(failed) with { State = ParkedState.DeadLettered }, TimeSpan.Zero, cancellationToken);
            return outcome;
        }

        var retry = RetryEntry.Of(new ReceivedEvent(failed.Position, failed.Fields, 0), group.Name, now);
        await store.HoldAsync(ToWaiting(failed) with { State = ParkedState.Retrying, Fields = retry.Fields }, outcome.RetryAfter, cancellationToken);
        Changed.Set();
        return Outcome.Parked;
    }

    /// <summary>Lets the sequence go on after its head, if the event was one.</summary>
    public async Task AdvanceAsync(Delivery done, CancellationToken cancellationToken)
    {
        if (await store.AdvanceAsync(KeyOf(done), done.EventId, cancellationToken) is not null)
            Changed.Set();
    }
}
