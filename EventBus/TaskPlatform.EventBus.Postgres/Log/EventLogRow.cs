namespace TaskPlatform.EventBus.Postgres;

/// <summary>An event in its service's log: the outbox until it is published, the history afterwards.</summary>
public sealed class EventLogRow
{
    /// <summary>
    /// The order of the log. Two transactions may commit out of this order, but never two that change the same
    /// aggregate under its concurrency token: the second one takes its id after it has seen the first one's commit.
    /// </summary>
    public long Id { get; init; }

    /// <summary>UUIDv7; the same wherever the event goes.</summary>
    public required Guid EventId { get; init; }

    /// <summary>The wire name.</summary>
    public required string Type { get; init; }

    /// <summary>What it is about: the part of the wire name before the dot.</summary>
    public required string AggregateType { get; init; }

    /// <summary>Which one.</summary>
    public required string AggregateId { get; init; }

    /// <summary>The aggregate's version after the change, where it has one. No two events of an aggregate have the same.</summary>
    public long? AggregateVersion { get; init; }

    /// <summary>The payload's schema.</summary>
    public int Schema { get; init; }

    /// <summary>The JSON of the entry's field <c>data</c>, byte for byte.</summary>
    public required string Envelope { get; init; }

    /// <summary>When it happened.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>W3C trace context of the span that created it.</summary>
    public string? TraceParent { get; init; }

    /// <summary>Vendor part of the trace context.</summary>
    public string? TraceState { get; init; }

    /// <summary>Shared by every event that the same request led to.</summary>
    public required string CorrelationId { get; init; }

    /// <summary>The id of the event whose handler appended this one.</summary>
    public string? CausationId { get; init; }

    /// <summary>The stream entry it became; null as long as it waits.</summary>
    public string? EntryId { get; init; }

    /// <summary>When it was published last; null as long as it waits, unless it is to be published again though its entry is there.</summary>
    public DateTimeOffset? PublishedAt { get; init; }
}
