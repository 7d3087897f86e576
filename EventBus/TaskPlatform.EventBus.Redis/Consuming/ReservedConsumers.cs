namespace TaskPlatform.EventBus.Redis;

/// <summary>Consumer names that hold entries and belong to no process.</summary>
internal static class ReservedConsumers
{
    /// <summary>Holds what waits for its retry: the entry stays pending, and no handler runs.</summary>
    public const string AwaitingRetry = "(retry)";

    /// <summary>Holds what a stopping process offers to the group's other consumers.</summary>
    public const string Released = "(released)";

    /// <summary>Whether a consumer is a process; reserved names are in parentheses.</summary>
    public static bool IsProcess(string name) => !name.StartsWith('(');
}
