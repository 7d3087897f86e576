namespace TaskPlatform.EventBus.Postgres;

/// <summary>Says that a consumer group has handled an event; committed together with the effects.</summary>
public sealed class InboxRow
{
    /// <summary>The group.</summary>
    public required string ConsumerGroup { get; init; }

    /// <summary>The event.</summary>
    public required Guid EventId { get; init; }

    /// <summary>When its effects were committed.</summary>
    public DateTimeOffset HandledAt { get; init; }
}
