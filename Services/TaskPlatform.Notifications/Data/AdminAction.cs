namespace TaskPlatform.Notifications.Data;

/// <summary>Something an admin did. The row is written before the action is taken: what has no outcome was begun, and its process died.</summary>
public sealed class AdminAction
{
    public long Id { get; init; }

    public required DateTimeOffset At { get; init; }

    public required long UserId { get; init; }

    public required string Email { get; init; }

    /// <summary>The operation, for example <c>PurgeDeadLetters</c>.</summary>
    public required string Action { get; init; }

    /// <summary>Path and query, or the console's form.</summary>
    public required string Target { get; init; }

    /// <summary>What was asked for beyond that, and what was done, in words.</summary>
    public string Details { get; set; } = "";

    /// <summary>The HTTP status it was answered with.</summary>
    public int? Status { get; set; }
}
