using System.Diagnostics;

namespace TaskPlatform.EventBus;

/// <summary>An event to be published.</summary>
/// <param name="EventId">The event's id, which is the same for all retries.</param>
/// <param name="Type">The wire name.</param>
/// <param name="AggregateId">The id of the aggregate.</param>
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
    string AggregateId,
    string Envelope,
    long? AggregateVersion,
    int Schema,
    string? TraceParent,
    string? TraceState,
    string CorrelationId,
    string? CausationId)
{
    /// <summary>The type of the aggregate: the part of the wire name before the dot.</summary>
    public string AggregateType => EventEnvelope.AggregateTypeOf(Type);

    /// <summary>Creates an event, within a span of its own whose context it carries.</summary>
    /// <param name="events">The event types that can be published.</param>
    /// <param name="data">The payload.</param>
    /// <param name="occurredAt">When it happened.</param>
    /// <param name="aggregateVersion">The version of the aggregate after the change, where it has one.</param>
    /// <param name="cause">The event whose handler publishes it, and the correlation id of that one.</param>
    /// <param name="messagingSystem">The transport's <see cref="IEventTransport.System"/>, for the span; null if unknown.</param>
    /// <param name="eventId">The event's id; null for a new one.</param>
    /// <exception cref="InvalidOperationException">The event type is not in the catalog.</exception>
    public static OutgoingEvent Create<TEvent>(
        EventCatalog events, TEvent data, DateTimeOffset occurredAt, long? aggregateVersion = null, (Guid EventId, string? CorrelationId)? cause = null,
        string? messagingSystem = null, Guid? eventId = null)
        where TEvent : IEvent<TEvent>
    {
        ArgumentNullException.ThrowIfNull(events);
        ArgumentNullException.ThrowIfNull(data);
        if (!events.Contains<TEvent>())
            throw new InvalidOperationException($"The event '{TEvent.Type}' ({typeof(TEvent).Name}) is not in the event catalog.");

        var id = eventId ?? Guid.CreateVersion7(occurredAt);
        using var span = EventSpans.Create(messagingSystem, StreamName.Of(TEvent.Type), id);
        var activity = span ?? Activity.Current;
        return new OutgoingEvent(
            id,
            TEvent.Type,
            data.AggregateId,
            EventEnvelope.Write(data, occurredAt),
            aggregateVersion,
            TEvent.Schema,
            activity?.Id,
            activity?.TraceStateString,
            cause?.CorrelationId ?? id.ToString(),
            cause?.EventId.ToString());
    }

    /// <summary>The entry that it becomes.</summary>
    public IReadOnlyList<EntryField> ToFields() => PublishedFields.Of(this);
}
