namespace TaskPlatform.EventBus.Redis;

/// <summary>Reserved consumer names, which own entries but belong to no process.</summary>
internal static class ReservedConsumers
{
    /// <summary>Owns entries that are scheduled for a retry: they stay pending, and no handler runs.</summary>
    public const string AwaitingRetry = "(retry)";

    /// <summary>Owns entries that a stopping process has released to the group's other consumers.</summary>
    public const string Released = "(released)";

    /// <summary>Whether a consumer is a process. Reserved names are in parentheses.</summary>
    public static bool IsProcess(string name) => !name.StartsWith('(');
}
