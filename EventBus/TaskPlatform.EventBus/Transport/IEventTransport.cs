using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace TaskPlatform.EventBus;

/// <summary>Publishes committed events, and monitors what was published.</summary>
public interface IEventTransport
{
    /// <summary>Why the transport does not work at the moment, for the health check; null where nothing is known to be wrong.</summary>
    string? Problem { get; }

    /// <summary>
    /// Adds events to their streams in order. If an event is not added, no later event is added to the same stream. An event for which no
    /// reply was received may have been added.
    /// </summary>
    /// <returns>The result for each event, in the order of <paramref name="events"/>.</returns>
    Task<IReadOnlyList<PublishResult>> PublishAsync(IReadOnlyList<OutgoingEvent> events, CancellationToken cancellationToken);

    /// <summary>Creates this process's consumer of a group. It connects when it first receives.</summary>
    IReceiver CreateReceiver(ConsumerGroup group);

    /// <summary>
    /// Reads the newest entries of a stream, newest first, except for entries that target one group. Returns none if the stream can't be read.
    /// </summary>
    Task<IReadOnlyList<PublishedEntry>> ReadNewestAsync(string eventType, int count, CancellationToken cancellationToken);

    /// <summary>Returns the server's run id, and whether it still has the given entries.</summary>
    Task<TransportState> ProbeAsync(IReadOnlyList<(string EventType, string EntryId)> entries, CancellationToken cancellationToken);

    /// <summary>Reads the positions of streams' groups and the number of entries removed by other clients, all at the same time.</summary>
    Task<StreamReadings> MeasureAsync(IReadOnlyCollection<string> eventTypes, CancellationToken cancellationToken);

    /// <summary>
    /// Finds entries that no longer exist although a group has not finished them: entries that are pending, or were until a consumer found them
    /// missing at or after <paramref name="since"/>; and entries that the bus added for one group, such as retries.
    /// </summary>
    Task<LostEntries> FindLostAsync(string eventType, DateTimeOffset since, CancellationToken cancellationToken);

    /// <summary>Clears entries returned by <see cref="FindLostAsync"/> as <see cref="LostEntries.Targeted"/>, once they have been recovered.</summary>
    Task ClearLostAsync(string eventType, IReadOnlyCollection<string> entryIds, CancellationToken cancellationToken);

    /// <summary>Counts entries that a group lost before it read them.</summary>
    Task ReportLostAsync(string eventType, string group, int count, CancellationToken cancellationToken);

    /// <summary>Trims entries older than <see cref="EventBusOptions.StreamRetention"/>, except those that a group has not read and acked.</summary>
    Task TrimAsync(IReadOnlyCollection<string> eventTypes, CancellationToken cancellationToken);

    /// <summary>Reports the unpublished events in a service's log, for monitoring.</summary>
    Task ReportOutboxAsync(string service, long waiting, TimeSpan oldestAge, CancellationToken cancellationToken);

    /// <summary>Notifies the service's elected dispatcher, in any process, of a commit. Notifications may be lost.</summary>
    Task WakeAsync(string service, CancellationToken cancellationToken);

    /// <summary>
    /// Registers a callback that runs whenever a process of the service calls <see cref="WakeAsync"/>. Does not wait for the transport: if it
    /// is unavailable, the registration takes effect later.
    /// </summary>
    Task OnWakeAsync(string service, Action wake, CancellationToken cancellationToken);
}

/// <summary>The identity and content of a server.</summary>
/// <param name="Run">Identifies the server process; it changes with each restart.</param>
/// <param name="Exists">Whether each requested entry still exists.</param>
public sealed record TransportState(string Run, IReadOnlyList<bool> Exists);

/// <summary>The state of some streams at one time.</summary>
/// <param name="At">The time, by the transport's clock.</param>
/// <param name="Streams">The streams.</param>
public sealed record StreamReadings(DateTimeOffset At, IReadOnlyList<StreamReading> Streams);

/// <summary>The state of a stream at one time.</summary>
/// <param name="EventType">The event type.</param>
/// <param name="Exists">Whether the stream exists.</param>
/// <param name="Removed">The total number of entries that clients other than the bus have removed.</param>
/// <param name="Groups">Its groups.</param>
public sealed record StreamReading(string EventType, bool Exists, long Removed, IReadOnlyList<GroupReading> Groups);

/// <summary>Entries that no longer exist although a group has not finished them.</summary>
/// <param name="Pending">Entries that are or were pending in a group.</param>
/// <param name="Targeted">Retried or reprocessed entries, which target one group.</param>
public sealed record LostEntries(IReadOnlyCollection<string> Pending, IReadOnlyList<TargetedEntry> Targeted);

/// <summary>An entry that targets one group.</summary>
/// <param name="EntryId">The entry's id.</param>
/// <param name="EventId">The event's id; empty if unknown.</param>
/// <param name="Group">The group.</param>
public sealed record TargetedEntry(string EntryId, Guid EventId, string Group);

/// <summary>The state of a stream's group at one time.</summary>
/// <param name="Name">The group.</param>
/// <param name="Since">Changes whenever the group is recreated; null if unknown.</param>
/// <param name="LastDelivered">The last entry delivered to the group.</param>
public sealed record GroupReading(string Name, string? Since, EntryId LastDelivered);

/// <summary>An event to be published.</summary>
/// <param name="EventId">The event's id, which is the same for all retries.</param>
/// <param name="Type">The wire name.</param>
/// <param name="Envelope">The JSON of the entry's <c>data</c> field.</param>
/// <param name="AggregateVersion">The aggregate's version after the change, if it has one.</param>
/// <param name="Schema">The payload's schema.</param>
/// <param name="TraceParent">W3C trace context of the span that created the event.</param>
/// <param name="TraceState">Vendor part of the trace context.</param>
/// <param name="CorrelationId">Shared by all events that originate from the same request.</param>
/// <param name="CausationId">The id of the event whose handler published this one.</param>
public readonly record struct OutgoingEvent(
    Guid EventId,
    string Type,
    string Envelope,
    long? AggregateVersion,
    int Schema,
    string? TraceParent,
    string? TraceState,
    string CorrelationId,
    string? CausationId)
{
    /// <summary>An event that goes to the transport directly, without an event log.</summary>
    /// <param name="events">The event types that can be published.</param>
    /// <param name="data">The payload.</param>
    /// <param name="occurredAt">When it happened.</param>
    /// <param name="aggregateVersion">The version of the aggregate after the change, where it has one.</param>
    /// <param name="cause">The event whose handler publishes it, and the correlation id of that one.</param>
    /// <exception cref="InvalidOperationException">The event type is not in the catalog.</exception>
    public static OutgoingEvent Create<TEvent>(
        EventCatalog events, TEvent data, DateTimeOffset occurredAt, long? aggregateVersion = null, (Guid EventId, string? CorrelationId)? cause = null)
        where TEvent : IEvent<TEvent>
    {
        ArgumentNullException.ThrowIfNull(events);
        ArgumentNullException.ThrowIfNull(data);
        if (!events.Contains<TEvent>())
            throw new InvalidOperationException($"The event '{TEvent.Type}' ({typeof(TEvent).Name}) is not in the event catalog.");

        var eventId = Guid.CreateVersion7(occurredAt);
        using var span = EventSpans.Create(StreamName.Of(TEvent.Type), eventId);
        var activity = span ?? Activity.Current;
        return new OutgoingEvent(
            eventId,
            TEvent.Type,
            EventEnvelope.Write(data, occurredAt),
            aggregateVersion,
            TEvent.Schema,
            activity?.Id,
            activity?.TraceStateString,
            cause?.CorrelationId ?? eventId.ToString(),
            cause?.EventId.ToString());
    }

    /// <summary>The entry that it becomes.</summary>
    public IReadOnlyList<EntryField> ToFields()
    {
        var fields = new List<EntryField>();
        Add(EntryFields.Data, Envelope);
        Add(EntryFields.EventId, EventId.ToString());
        Add(EntryFields.Schema, Schema.ToString(CultureInfo.InvariantCulture));
        Add(EntryFields.CorrelationId, CorrelationId);
        Add(EntryFields.AggregateVersion, AggregateVersion?.ToString(CultureInfo.InvariantCulture));
        Add(EntryFields.TraceParent, TraceParent);
        Add(EntryFields.TraceState, TraceState);
        Add(EntryFields.CausationId, CausationId);
        return fields;

        void Add(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
                fields.Add(new EntryField(name, Encoding.UTF8.GetBytes(value)));
        }
    }
}

/// <summary>The result of publishing an event.</summary>
/// <param name="EntryId">The id of its entry; null if none was added.</param>
/// <param name="Error">Why no entry was added.</param>
/// <param name="Refused">Whether the transport rejected the event. If false, the transport was unavailable.</param>
public readonly record struct PublishResult(string? EntryId, Exception? Error = null, bool Refused = false);
