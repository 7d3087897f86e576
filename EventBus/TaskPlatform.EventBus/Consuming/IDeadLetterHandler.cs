namespace TaskPlatform.EventBus;

/// <summary>What a consumer group does when it gives an event up, for example to say so in an event of its own.</summary>
/// <remarks>
/// It runs before the event is moved to the dead letter queue, in a transaction of the group's inbox: what it changes and appends
/// is committed exactly once for each event that the group gives up, and saving is left to the bus. An event that is given up
/// once more, after it was taken out of the dead letter queue and tried again, is not told again.
/// What it throws is logged after a few tries and does not keep the event out of the dead letter queue.
/// </remarks>
public interface IDeadLetterHandler
{
    /// <summary>Learns of one event that is given up.</summary>
    /// <param name="deadLetter">The event, and why.</param>
    /// <param name="cancellationToken">Fires when the process drains too slowly or the consumer lost its claim on the entry.</param>
    Task HandleAsync(DeadLetter deadLetter, CancellationToken cancellationToken);
}

/// <summary>An event that a consumer group gives up.</summary>
public sealed record DeadLetter
{
    /// <summary>The same through every retry and redelivery.</summary>
    public required Guid EventId { get; init; }

    /// <summary>The group that gives it up.</summary>
    public required string Group { get; init; }

    /// <summary>The stream, without key prefix, for example <c>events:task.created</c>.</summary>
    public required string Stream { get; init; }

    /// <summary>The wire name; null where the entry could not be read.</summary>
    public string? Type { get; init; }

    /// <summary>The id of what the event is about; null where the entry could not be read.</summary>
    public string? AggregateId { get; init; }

    /// <summary>The payload, of the type that the group subscribed to; null where it could not be read.</summary>
    public object? Payload { get; init; }

    /// <summary>The entry's field <c>data</c>, to the byte; empty where it has none.</summary>
    public required ReadOnlyMemory<byte> Data { get; init; }

    /// <summary>One of <see cref="DeadLetterReason"/>.</summary>
    public required string Reason { get; init; }

    /// <summary>The message of what the last attempt failed of: of the innermost exception.</summary>
    public required string Error { get; init; }

    /// <summary>How often it was tried.</summary>
    public required long Attempts { get; init; }

    /// <summary>Shared by every event that the same request led to.</summary>
    public string? CorrelationId { get; init; }
}
