namespace TaskPlatform.Notifications.Data;

/// <summary>A user's notification.</summary>
public sealed class Notification
{
    public long Id { get; init; }

    /// <summary>
    /// The order in which notifications were inserted, across processes. Ids don't have that order, because each process reserves them
    /// in blocks.
    /// </summary>
    public long Position { get; init; }

    /// <summary>The transaction that inserted the row. Whether a snapshot shows that transaction tells whether a stream has already sent the row.</summary>
    public ulong TransactionId { get; init; }

    public required long UserId { get; init; }

    /// <summary>The type of the event that caused the notification.</summary>
    public required string Type { get; init; }

    public long? TaskId { get; init; }

    public required string Message { get; init; }

    public required Guid CauseEventId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? ReadAt { get; set; }
}
