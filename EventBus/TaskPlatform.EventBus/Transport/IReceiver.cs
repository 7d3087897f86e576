namespace TaskPlatform.EventBus;

/// <summary>
/// One consumer of a group, as a transport provides it: it receives events and settles them. The methods may run at the same time, except that
/// <see cref="ReceiveAsync"/> is called by one caller, one call after the other. Each throws <see cref="EventTransportUnavailableException"/>
/// while the transport can't be reached; the call can then be repeated.
/// </summary>
public interface IReceiver : IAsyncDisposable
{
    /// <summary>
    /// Receives new events; where there are none, waits for a moment and returns an empty list. After a start or a failure it first returns
    /// what this consumer holds already: events whose reply was lost, or that an earlier process of the same name left.
    /// </summary>
    /// <param name="max">The most events to return; at least one for each of the group's event types.</param>
    /// <param name="cancellationToken">Ends waiting. What a read in progress brings is still returned.</param>
    Task<IReadOnlyList<ReceivedEvent>> ReceiveAsync(int max, CancellationToken cancellationToken);

    /// <summary>Makes a <see cref="ReceiveAsync"/> in progress return at once.</summary>
    Task StopReceivingAsync();

    /// <summary>
    /// Claims events that other consumers of the group left unsettled, and does not count that as a delivery. Calls without more to claim end a
    /// round; the next call begins another, and does what the transport needs done regularly.
    /// </summary>
    /// <param name="max">The most events to return; 0 where there is no room for any.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    Task<ClaimedEvents> ClaimAsync(int max, CancellationToken cancellationToken);

    /// <summary>Counts a further delivery of an event that was delivered before, so that one whose handler kills its process is recognized.</summary>
    /// <returns>False where another consumer owns the event by now; nothing was counted then.</returns>
    Task<bool> CountDeliveryAsync(EventPosition position, CancellationToken cancellationToken);

    /// <summary>Renews the claims on events, so that no other consumer claims them.</summary>
    /// <returns>Those that another consumer owns by now.</returns>
    Task<IReadOnlyList<EventPosition>> RenewAsync(IReadOnlyCollection<EventPosition> held, CancellationToken cancellationToken);

    /// <summary>
    /// Settles events. Each settlement is atomic, checks that this consumer still owns the event, and changes nothing when it is repeated.
    /// A failure is a result and not an exception, because it concerns some of the events only.
    /// </summary>
    /// <returns>A result for each settlement, in their order.</returns>
    Task<IReadOnlyList<SettleResult>> SettleAsync(IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken);

    /// <summary>Leaves the group: offers what was received and not settled to its other consumers at once. Called last.</summary>
    Task ReleaseAsync(IReadOnlyCollection<EventPosition> held);
}

/// <summary>A part of a round of claims.</summary>
/// <param name="Events">The claimed events.</param>
/// <param name="HasMore">Whether the round goes on.</param>
public readonly record struct ClaimedEvents(IReadOnlyList<ReceivedEvent> Events, bool HasMore);
