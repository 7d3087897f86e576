namespace TaskPlatform.EventBus;

/// <summary>
/// The events of a group that wait behind a failed one of the same aggregate, in the group's own store. The earliest of an aggregate is the head of its
/// sequence: it failed, and the others wait until it succeeds or is skipped. Every method can be called again without changing more.
/// </summary>
public interface IParkedEvents
{
    /// <summary>Stores that an event failed: as a new head, or as a further failure of one. Later events of its aggregate wait from now on.</summary>
    /// <param name="failed">The event; its id in the store is not used.</param>
    /// <param name="delay">The time until it is to be handled again, for <see cref="ParkedState.Retrying"/>.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    Task HoldAsync(ParkedEvent failed, TimeSpan delay, CancellationToken cancellationToken);

    /// <summary>The heads of a group that are to be handled now, those that have been due longest first.</summary>
    /// <param name="group">The group.</param>
    /// <param name="max">The maximum number of events.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The heads, and the time until another one is due; null if none is.</returns>
    Task<DueHeads> FindDueAsync(string group, int max, CancellationToken cancellationToken);

    /// <summary>Counts that a handler is about to run on a head, so that one that crashes its process is detected.</summary>
    /// <returns>How often that was counted before; null if the event is not parked any more.</returns>
    Task<long?> CountDeliveryAsync(ParkedEvent head, CancellationToken cancellationToken);

    /// <summary>Removes a head that was handled or skipped, and makes the next event of its aggregate the head.</summary>
    /// <param name="sequence">The aggregate, in the group.</param>
    /// <param name="eventId">The head.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The next event, if it waits to be handled now; otherwise null.</returns>
    Task<ParkedEvent?> AdvanceAsync(SequenceKey sequence, Guid eventId, CancellationToken cancellationToken);

    /// <summary>The sequences of a group whose head was dead-lettered, the oldest first.</summary>
    Task<IReadOnlyList<BlockedSequence>> FindBlockedAsync(string group, int max, CancellationToken cancellationToken);
}

/// <summary>An aggregate, in a group.</summary>
/// <param name="Group">The group.</param>
/// <param name="AggregateType">The type of the aggregate.</param>
/// <param name="AggregateId">Its id.</param>
public readonly record struct SequenceKey(string Group, string AggregateType, string AggregateId);

/// <summary>A parked event.</summary>
/// <param name="Sequence">Its aggregate, in the group.</param>
/// <param name="EventId">The event.</param>
/// <param name="Position">The entry with which it was received.</param>
/// <param name="Fields">The entry with which it is to be handled next.</param>
/// <param name="State">Why it is parked.</param>
public sealed record ParkedEvent(SequenceKey Sequence, Guid EventId, EventPosition Position, IReadOnlyList<EntryField> Fields, ParkedState State);

/// <summary>Why an event is parked.</summary>
public enum ParkedState
{
    /// <summary>It waits for an earlier event of its aggregate.</summary>
    Waiting,

    /// <summary>It failed, and is handled again when its delay is over.</summary>
    Retrying,

    /// <summary>It failed for the last time, and is a dead letter.</summary>
    DeadLettered,

    /// <summary>It failed, and what becomes of it is being decided; the transport still has it.</summary>
    Held,
}

/// <summary>Heads that are to be handled now.</summary>
/// <param name="Heads">The events.</param>
/// <param name="UntilNext">The time until another one is due; null if none is.</param>
public sealed record DueHeads(IReadOnlyList<ParkedEvent> Heads, TimeSpan? UntilNext);

/// <summary>The head of a sequence, as the store knows it.</summary>
/// <param name="EventId">The event.</param>
/// <param name="State">Why it is parked.</param>
public readonly record struct SequenceHead(Guid EventId, ParkedState State);

/// <summary>A sequence whose head was dead-lettered.</summary>
/// <param name="Sequence">The aggregate, in the group.</param>
/// <param name="EventId">The head.</param>
/// <param name="Waiting">The number of events that wait for it.</param>
/// <param name="Since">When it was parked.</param>
public sealed record BlockedSequence(SequenceKey Sequence, Guid EventId, long Waiting, DateTimeOffset Since);
