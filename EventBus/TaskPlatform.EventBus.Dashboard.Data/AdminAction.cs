namespace TaskPlatform.EventBus.Dashboard.Data;

/// <summary>An entry of the audit log. The row is written before the action is executed: a row without a status means that the process died.</summary>
public sealed class AdminAction
{
    /// <summary>The id, in the order in which actions were begun.</summary>
    public long Id { get; init; }

    /// <summary>When it was begun.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The operator's id.</summary>
    public required long UserId { get; init; }

    /// <summary>The operator's e-mail address.</summary>
    public required string Email { get; init; }

    /// <summary>The operation, for example <c>PurgeDeadLetters</c>.</summary>
    public required string Action { get; init; }

    /// <summary>Method, path and query.</summary>
    public required string Target { get; init; }

    /// <summary>Further details of the request and its result, as text.</summary>
    public string Details { get; set; } = "";

    /// <summary>The HTTP status of the response.</summary>
    public int? Status { get; set; }
}
