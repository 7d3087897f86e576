namespace TaskPlatform.EventBus;

/// <summary>Runs when a consumer group dead-letters an event, for example to publish an event about it.</summary>
/// <remarks>
/// It runs before the event is moved to the dead letter queue, in a transaction of the group's inbox: its changes and published events
/// are committed exactly once per dead-lettered event, and the bus saves them. It does not run again for an event that is
/// reprocessed and dead-lettered again.
/// An exception is logged after a few attempts and does not prevent the event from being dead-lettered.
/// </remarks>
public interface IDeadLetterHandler
{
    /// <summary>Handles one dead letter.</summary>
    /// <param name="deadLetter">The event and the reason.</param>
    /// <param name="cancellationToken">Cancelled when the process does not drain in time or the consumer lost its claim on the entry.</param>
    Task HandleAsync(DeadLetter deadLetter, CancellationToken cancellationToken);
}

/// <summary>An event that a consumer group dead-letters.</summary>
public sealed record DeadLetter
{
    /// <summary>The event's id, which is the same for all retries and redeliveries.</summary>
    public required Guid EventId { get; init; }

    /// <summary>The group that failed to handle it.</summary>
    public required string Group { get; init; }

    /// <summary>The stream, without key prefix, for example <c>events:task.created</c>.</summary>
    public required string Stream { get; init; }

    /// <summary>The wire name; null if the entry is unreadable.</summary>
    public string? Type { get; init; }

    /// <summary>The id of the aggregate; null if the entry is unreadable.</summary>
    public string? AggregateId { get; init; }

    /// <summary>The payload, of the type that the group handles; null if it is unreadable.</summary>
    public object? Payload { get; init; }

    /// <summary>The entry's <c>data</c> field, byte for byte; empty if it has none.</summary>
    public required ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>One of <see cref="DeadLetterReason"/>.</summary>
    public required string Reason { get; init; }

    /// <summary>The message of the innermost exception of the last attempt.</summary>
    public required string Error { get; init; }

    /// <summary>The number of attempts.</summary>
    public required long Attempts { get; init; }

    /// <summary>Shared by all events that originate from the same request.</summary>
    public string? CorrelationId { get; init; }
}
