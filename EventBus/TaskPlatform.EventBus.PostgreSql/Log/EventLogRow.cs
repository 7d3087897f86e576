namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>An event in its service's log: the outbox until it is published, the history afterwards.</summary>
public sealed class EventLogRow
{
    /// <summary>
    /// The position in the log. Transactions may commit out of this order, but not two that change the same aggregate under its
    /// concurrency token: the second one gets its id after it has read the first one's commit.
    /// </summary>
    public long Id { get; init; }

    /// <summary>UUIDv7, the same in every stream, inbox and dead letter.</summary>
    public required Guid EventId { get; init; }

    /// <summary>The wire name.</summary>
    public required string Type { get; init; }

    /// <summary>The type of the aggregate: the part of the wire name before the dot.</summary>
    public required string AggregateType { get; init; }

    /// <summary>The id of the aggregate.</summary>
    public required string AggregateId { get; init; }

    /// <summary>The aggregate's version after the change, if it has one. Unique per aggregate.</summary>
    public long? AggregateVersion { get; init; }

    /// <summary>The payload's schema.</summary>
    public int Schema { get; init; }

    /// <summary>The JSON of the entry's <c>data</c> field, verbatim.</summary>
    public required string Envelope { get; init; }

    /// <summary>When the event occurred.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>W3C trace context of the span that created the event.</summary>
    public string? TraceParent { get; init; }

    /// <summary>Vendor part of the trace context.</summary>
    public string? TraceState { get; init; }

    /// <summary>Shared by all events that originate from the same request.</summary>
    public required string CorrelationId { get; init; }

    /// <summary>The id of the event whose handler published this one.</summary>
    public string? CausationId { get; init; }

    /// <summary>The id of the stream entry; null until the event is published.</summary>
    public string? EntryId { get; init; }

    /// <summary>When the event was last published; null until then. Kept if the event is requeued although its entry exists.</summary>
    public DateTimeOffset? PublishedAt { get; init; }
}
