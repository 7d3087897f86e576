using Microsoft.EntityFrameworkCore;

namespace TaskPlatform.EventBus.Postgres;

/// <summary>Appends events to the unit of work of the current scope.</summary>
internal sealed class EventLog<TDb>(TDb db, EventCatalog catalog, CurrentEvent current, TimeProvider clock) : IEventLog
    where TDb : DbContext
{
    public void Append<TEvent>(TEvent data, long? aggregateVersion = null, DateTimeOffset? happenedAt = null)
        where TEvent : IEvent<TEvent>
    {
        var time = happenedAt ?? clock.GetUtcNow();
        Append(data, Guid.CreateVersion7(time), time, aggregateVersion);
    }

    /// <summary>Appends an event under an id of the caller's.</summary>
    public void Append<TEvent>(TEvent data, Guid eventId, DateTimeOffset time, long? aggregateVersion = null)
        where TEvent : IEvent<TEvent>
    {
        ArgumentNullException.ThrowIfNull(data);
        if (!catalog.Contains<TEvent>())
            throw new InvalidOperationException($"The event '{TEvent.Type}' ({typeof(TEvent).Name}) is not in the event catalog.");

        using var span = EventSpans.Create(StreamName.Of(TEvent.Type), eventId);
        db.Add(new EventLogRow
        {
            EventId = eventId,
            Type = TEvent.Type,
            AggregateType = EventEnvelope.AggregateTypeOf(TEvent.Type),
            AggregateId = data.AggregateId,
            AggregateVersion = aggregateVersion,
            Schema = TEvent.Schema,
            Envelope = EventEnvelope.Write(data, time),
            CreatedAt = time,
            TraceParent = (span ?? System.Diagnostics.Activity.Current)?.Id,
            TraceState = (span ?? System.Diagnostics.Activity.Current)?.TraceStateString,
            CorrelationId = current.Cause?.CorrelationId ?? eventId.ToString(),
            CausationId = current.Cause?.EventId.ToString(),
        });
    }
}
