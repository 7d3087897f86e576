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

    /// <summary>Creates this process's consumer of a group. It connects when it first receives.</summary>
    IReceiver CreateReceiver(ConsumerGroup group);

    /// <summary>
    /// Reads the newest entries of a stream, newest first, without those that were added for one group. A stream that can't be read has none.
    /// </summary>
    Task<IReadOnlyList<PublishedEntry>> ReadNewestAsync(string eventType, int count, CancellationToken cancellationToken);

    /// <summary>Asks which run of the server this is, and whether it still has the entries that were published before.</summary>
    Task<TransportState> ProbeAsync(IReadOnlyList<(string EventType, string EntryId)> entries, CancellationToken cancellationToken);

    /// <summary>Reads how far the groups of some streams are, and whether others than the bus removed entries from them; all at one moment.</summary>
    Task<StreamReadings> MeasureAsync(IReadOnlyCollection<string> eventTypes, CancellationToken cancellationToken);

    /// <summary>
    /// Finds entries that are gone though a group has them pending, or had them until a consumer noticed that, at <paramref name="since"/> or
    /// later; and those that the bus added itself, for one group, which has not finished them.
    /// </summary>
    Task<LostEntries> FindLostAsync(string eventType, DateTimeOffset since, CancellationToken cancellationToken);

    /// <summary>Those entries of <see cref="FindLostAsync"/> that the bus had added for a group are taken care of.</summary>
    Task ClearLostAsync(string eventType, IReadOnlyCollection<string> entryIds, CancellationToken cancellationToken);

    /// <summary>Counts entries that a group lost before it read them.</summary>
    Task ReportLostAsync(string eventType, string group, int count, CancellationToken cancellationToken);

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

/// <summary>Some streams at one moment.</summary>
/// <param name="At">The moment, on the transport's clock.</param>
/// <param name="Streams">The streams.</param>
public sealed record StreamReadings(DateTimeOffset At, IReadOnlyList<StreamReading> Streams);

/// <summary>A stream at one moment.</summary>
/// <param name="EventType">The event type.</param>
/// <param name="Exists">Whether it is there.</param>
/// <param name="Removed">How many entries others than the bus have removed from it so far.</param>
/// <param name="Groups">Its groups.</param>
public sealed record StreamReading(string EventType, bool Exists, long Removed, IReadOnlyList<GroupReading> Groups);

/// <summary>Entries that are gone though a group has not finished them.</summary>
/// <param name="Pending">Those that a group has, or had, pending.</param>
/// <param name="Targeted">Those that the bus had added for one group: retried or reprocessed ones.</param>
public sealed record LostEntries(IReadOnlyCollection<string> Pending, IReadOnlyList<TargetedEntry> Targeted);

/// <summary>An entry that was added for one group.</summary>
/// <param name="EntryId">The entry.</param>
/// <param name="EventId">Its event; empty where it is not known.</param>
/// <param name="Group">The group.</param>
public sealed record TargetedEntry(string EntryId, Guid EventId, string Group);

/// <summary>A group of a stream at one moment.</summary>
/// <param name="Name">The group.</param>
/// <param name="Since">Changes whenever the group is made anew; null where that is not known.</param>
/// <param name="LastDelivered">The last entry that it was given.</param>
public sealed record GroupReading(string Name, string? Since, EntryId LastDelivered);

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
