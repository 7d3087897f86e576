using Microsoft.EntityFrameworkCore;
using TaskPlatform.EventBus.PostgreSql.Saving;

namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>Publishes events. An event is saved by the <c>SaveChanges</c> of the context through which it is published.</summary>
public static class PublishExtensions
{
    /// <summary>
    /// Adds an event to the context, to be saved in the same transaction as the change that it reports. It is sent to its stream after
    /// the commit.
    /// </summary>
    /// <param name="db">The context that saves the change.</param>
    /// <param name="data">The payload.</param>
    /// <param name="aggregateVersion">The version of the aggregate after the change, if it has one.</param>
    /// <param name="occurredAt">When the change occurred, if the state also stores that time and both must match. Default: now.</param>
    /// <exception cref="InvalidOperationException">The event type is not in the catalog, or the context has no event log.</exception>
    public static void Publish<TEvent>(this DbContext db, TEvent data, long? aggregateVersion = null, DateTimeOffset? occurredAt = null)
        where TEvent : IEvent<TEvent>
    {
        ArgumentNullException.ThrowIfNull(db);
        var time = occurredAt ?? BusContext.Of(db).Clock.GetUtcNow();
        db.Publish(data, Guid.CreateVersion7(time), time, aggregateVersion);
    }

    /// <summary>Publishes an event with the given id.</summary>
    internal static void Publish<TEvent>(this DbContext db, TEvent data, Guid eventId, DateTimeOffset time, long? aggregateVersion = null)
        where TEvent : IEvent<TEvent>
    {
        ArgumentNullException.ThrowIfNull(data);
        var bus = BusContext.Of(db);
        if (!bus.HasEventLog)
            throw new InvalidOperationException($"'{TEvent.Type}' can't be published through {db.GetType().Name}: {BusContext.MissingLine(db)}");
        var outgoing = OutgoingEvent.Create(bus.Catalog, data, time, aggregateVersion, bus.Cause, bus.MessagingSystem, eventId);
        db.Add(new EventLogRow
        {
            EventId = outgoing.EventId,
            Type = outgoing.Type,
            AggregateType = outgoing.AggregateType,
            AggregateId = data.AggregateId,
            AggregateVersion = outgoing.AggregateVersion,
            Schema = outgoing.Schema,
            Envelope = outgoing.Envelope,
            CreatedAt = time,
            TraceParent = outgoing.TraceParent,
            TraceState = outgoing.TraceState,
            CorrelationId = outgoing.CorrelationId,
            CausationId = outgoing.CausationId,
        });
    }
}
