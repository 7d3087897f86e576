namespace TaskPlatform.EventBus;

/// <summary>Metadata of an event that is passed to a handler.</summary>
public sealed record EventContext
{
    /// <summary>The event's id, which is the same for all retries and redeliveries.</summary>
    public required Guid EventId { get; init; }

    /// <summary>The wire name that it was published with, for example <c>task.created</c>; for an event from before it was renamed, an alias.</summary>
    public required string Type { get; init; }

    /// <summary>The consumer group that handles it.</summary>
    public required string Group { get; init; }

    /// <summary>The name of the handler in its group: its class, unless it was given another one. Empty where no group runs it, as in a test.</summary>
    public string Handler { get; init; } = "";

    /// <summary>The id of the aggregate.</summary>
    public required string AggregateId { get; init; }

    /// <summary>The aggregate's version, which increases with every change; null if the publisher set none.</summary>
    public long? AggregateVersion { get; init; }

    /// <summary>When the event occurred, UTC.</summary>
    public required DateTimeOffset Timestamp { get; init; }

    /// <summary>The id of this delivery's entry in its stream.</summary>
    public required string EntryId { get; init; }

    /// <summary>The number of retries so far; 0 for the first delivery.</summary>
    public int Attempt { get; init; }

    /// <summary>Shared by all events that originate from the same request.</summary>
    public string? CorrelationId { get; init; }
}
