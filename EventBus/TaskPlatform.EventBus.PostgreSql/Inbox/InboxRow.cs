namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>Records that a consumer group, or one of its handlers, has handled an event. Committed together with the effects.</summary>
public sealed class InboxRow
{
    /// <summary>The group; <c>group/handler</c> where several of its handlers handle the event.</summary>
    public required string ConsumerGroup { get; init; }

    /// <summary>The event.</summary>
    public required Guid EventId { get; init; }

    /// <summary>When the effects were committed.</summary>
    public DateTimeOffset HandledAt { get; init; }
}
