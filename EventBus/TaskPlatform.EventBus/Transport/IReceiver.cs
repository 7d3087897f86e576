namespace TaskPlatform.EventBus;

/// <summary>
/// One consumer of a group, implemented by a transport: receives events and settles them. The methods may be called concurrently, except that
/// calls of <see cref="ReceiveAsync"/> must not overlap. Each throws <see cref="EventTransportUnavailableException"/>
/// if the transport is unavailable; the call can then be repeated.
/// </summary>
public interface IReceiver : IAsyncDisposable
{
    /// <summary>
    /// Receives new events. If there are none, waits briefly and returns an empty list. After a start or a failure, first returns events that
    /// are already pending for this consumer: from a lost reply, or from an earlier process with the same name.
    /// </summary>
    /// <param name="max">The maximum number of events; at least one per event type of the group.</param>
    /// <param name="cancellationToken">Stops waiting. Events from a read in progress are still returned.</param>
    Task<IReadOnlyList<ReceivedEvent>> ReceiveAsync(int max, CancellationToken cancellationToken);

    /// <summary>Makes a <see cref="ReceiveAsync"/> in progress return immediately.</summary>
    Task StopReceivingAsync();

    /// <summary>
    /// Claims events that other consumers of the group left unsettled, without counting a delivery. A result without more events ends a round;
    /// the next call begins a new one and performs the transport's regular maintenance. Before the first <see cref="ReceiveAsync"/> it may claim nothing.
    /// </summary>
    /// <param name="max">The maximum number of events; 0 if there is no capacity.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    Task<ClaimedEvents> ClaimAsync(int max, CancellationToken cancellationToken);

    /// <summary>Counts another delivery of a redelivered event, so that an event whose handler crashes the process is detected.</summary>
    /// <returns>False, without counting, if another consumer owns the event now.</returns>
    Task<bool> CountDeliveryAsync(EventPosition position, CancellationToken cancellationToken);

    /// <summary>Renews the claims on events, so that no other consumer claims them.</summary>
    /// <returns>The events that another consumer owns now.</returns>
    Task<IReadOnlyList<EventPosition>> RenewAsync(IReadOnlyCollection<EventPosition> held, CancellationToken cancellationToken);

    /// <summary>
    /// Settles events. Each settlement is atomic and idempotent. A retry and a dead letter require that this consumer still owns the event;
    /// completing and declining do not, because then no consumer has anything left to do with it.
    /// Failures are returned as results instead of exceptions, because they may affect only some of the events.
    /// </summary>
    /// <returns>The result of each settlement, in the same order.</returns>
    Task<IReadOnlyList<SettleResult>> SettleAsync(IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken);

    /// <summary>Adds a dead letter for an event that the consumer has completed before. A repeated call changes nothing.</summary>
    Task AddDeadLetterAsync(EventPosition position, DeadLetterRecord deadLetter, CancellationToken cancellationToken);

    /// <summary>
    /// Where the group's <see cref="ConsumerGroup.Ordering"/> is strict: renews the leases of the channels that this process owns, acquires those that it should
    /// own, and releases those that another process should, so that the group's channels are spread evenly over its processes. Called repeatedly, also
    /// while the process drains; after <see cref="StopReceivingAsync"/> it acquires no more.
    /// </summary>
    /// <returns>The time after which it has to be called again.</returns>
    Task<TimeSpan> BalanceAsync(CancellationToken cancellationToken);

    /// <summary>Set when it should be called at once, because a channel became free.</summary>
    CoalescedSignal Unbalanced { get; }

    /// <summary>
    /// Leaves the group: releases its channels, and the events that were received but not settled, to its other consumers immediately. Called last.
    /// </summary>
    Task ReleaseAsync(IReadOnlyCollection<ReleasedEvent> held);
}

/// <summary>An event that a consumer received and did not settle.</summary>
/// <param name="Position">The event's position.</param>
/// <param name="WasStarted">Whether a handler was started on it. If not, its delivery does not count.</param>
public readonly record struct ReleasedEvent(EventPosition Position, bool WasStarted);

/// <summary>The events claimed by one call of a round.</summary>
/// <param name="Events">The claimed events.</param>
/// <param name="HasMore">Whether the round continues.</param>
public readonly record struct ClaimedEvents(IReadOnlyList<ReceivedEvent> Events, bool HasMore);
