namespace TaskPlatform.EventBus;

/// <summary>Where the event that a handler is given came from.</summary>
public sealed record EventContext
{
    /// <summary>The same through every retry and redelivery.</summary>
    public required Guid EventId { get; init; }

    /// <summary>The wire name, for example <c>task.created</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The consumer group that handles it.</summary>
    public required string Group { get; init; }

    /// <summary>The id of what the event is about.</summary>
    public required string AggregateId { get; init; }

    /// <summary>Rises with every change of the aggregate; null where the publisher gave none.</summary>
    public long? AggregateVersion { get; init; }

    /// <summary>When it happened, UTC.</summary>
    public required DateTimeOffset Timestamp { get; init; }

    /// <summary>The id of this delivery's entry in its stream.</summary>
    public required string EntryId { get; init; }

    /// <summary>0 for the first delivery, then counting the retries.</summary>
    public int Attempt { get; init; }

    /// <summary>Shared by every event that the same request led to.</summary>
    public string? CorrelationId { get; init; }
}
