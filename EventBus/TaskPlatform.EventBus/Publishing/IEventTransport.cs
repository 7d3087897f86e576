namespace TaskPlatform.EventBus;

/// <summary>Where committed events go.</summary>
public interface IEventTransport
{
    /// <summary>
    /// Adds events to their streams, in the order of the list: where one is not added, none behind it in its stream is, though one that
    /// was not answered may turn out to be there.
    /// </summary>
    /// <returns>What became of each, in the order of <paramref name="events"/>.</returns>
    Task<IReadOnlyList<PublishResult>> PublishAsync(IReadOnlyList<OutgoingEvent> events, CancellationToken cancellationToken);

    /// <summary>Asks which run of the server this is, and whether it still has the entries that were published before.</summary>
    Task<TransportState> ProbeAsync(IReadOnlyList<(string EventType, string EntryId)> entries, CancellationToken cancellationToken);

    /// <summary>Drops entries beyond <see cref="EventBusOptions.StreamRetention"/>, but none that a group has not read and acked.</summary>
    Task TrimAsync(IReadOnlyCollection<string> eventTypes, CancellationToken cancellationToken);

    /// <summary>Notes what waits in a service's log, for whoever watches over the whole.</summary>
    Task ReportOutboxAsync(string service, long waiting, TimeSpan oldestAge, CancellationToken cancellationToken);

    /// <summary>Tells the service's elected dispatcher, wherever it runs, that something was committed. May get lost.</summary>
    Task WakeAsync(string service, CancellationToken cancellationToken);

    /// <summary>
    /// Registers a callback for whenever a process of the service calls <see cref="WakeAsync"/>. Does not wait for the transport: while it
    /// is unavailable the registration is kept.
    /// </summary>
    Task OnWakeAsync(string service, Action wake, CancellationToken cancellationToken);
}

/// <summary>What a server says of itself.</summary>
/// <param name="Run">Changes whenever the server was started anew.</param>
/// <param name="Exists">For each entry asked for, whether it is still there.</param>
public sealed record TransportState(string Run, IReadOnlyList<bool> Exists);

/// <summary>An event on its way to a stream.</summary>
/// <param name="EventId">Travels with it through every retry.</param>
/// <param name="Type">The wire name.</param>
/// <param name="Envelope">The JSON of the entry's field <c>data</c>.</param>
/// <param name="AggregateVersion">The aggregate's version after the change, where it has one.</param>
/// <param name="Schema">The payload's schema.</param>
/// <param name="TraceParent">W3C trace context of its creation.</param>
/// <param name="TraceState">Vendor part of it.</param>
/// <param name="CorrelationId">Shared by all events of one request.</param>
/// <param name="CausationId">The event whose handler led to it.</param>
public readonly record struct OutgoingEvent(
    Guid EventId,
    string Type,
    string Envelope,
    long? AggregateVersion,
    int Schema,
    string? TraceParent,
    string? TraceState,
    string CorrelationId,
    string? CausationId);

/// <summary>What became of an event.</summary>
/// <param name="EntryId">The id of its entry; null where there is none.</param>
/// <param name="Error">Why there is none.</param>
/// <param name="Refused">The transport answered and said no, for good as far as it can tell; else it did not answer.</param>
public readonly record struct PublishResult(string? EntryId, Exception? Error = null, bool Refused = false);
