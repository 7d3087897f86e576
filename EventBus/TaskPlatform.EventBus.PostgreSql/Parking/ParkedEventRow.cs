namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>An event of an ordered group that failed, or waits for one of its aggregate that did. See <see cref="IParkedEvents"/>.</summary>
public sealed class ParkedEventRow
{
    /// <summary>The position in the sequence of its aggregate; the lowest is the head.</summary>
    public long Id { get; init; }

    /// <summary>The group.</summary>
    public required string ConsumerGroup { get; init; }

    /// <summary>The type of the aggregate.</summary>
    public required string AggregateType { get; init; }

    /// <summary>The id of the aggregate.</summary>
    public required string AggregateId { get; init; }

    /// <summary>The event.</summary>
    public required Guid EventId { get; init; }

    /// <summary>The channel on which it was received.</summary>
    public required string Channel { get; init; }

    /// <summary>The entry with which it was received.</summary>
    public required string EntryId { get; init; }

    /// <summary>The fields of the entry with which it is to be handled next, in the format of <see cref="EntryFieldsFormat"/>.</summary>
    public required byte[] Fields { get; init; }

    /// <summary>The <see cref="ParkedState"/>.</summary>
    public ParkedState State { get; init; }

    /// <summary>When a head is to be handled; null while it is not.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>The number of times a handler was started on it since it was parked.</summary>
    public long Deliveries { get; init; }

    /// <summary>When it was parked.</summary>
    public DateTimeOffset ParkedAt { get; init; }
}
