namespace TaskPlatform.Notifications.Data;

/// <summary>Something a user is told.</summary>
public sealed class Notification
{
    public long Id { get; init; }

    /// <summary>
    /// The order in which notifications were written, whichever process wrote them. Ids don't tell it: each process
    /// takes them from a block of its own.
    /// </summary>
    public long Position { get; init; }

    /// <summary>The transaction that wrote it: whether a snapshot of the database shows the row tells whether a stream has sent it.</summary>
    public ulong TransactionId { get; init; }

    public required long UserId { get; init; }

    /// <summary>The wire name of the event it tells of.</summary>
    public required string Type { get; init; }

    public long? TaskId { get; init; }

    public required string Message { get; init; }

    public required Guid CauseEventId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? ReadAt { get; set; }
}
