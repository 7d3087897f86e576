using System.Collections.Frozen;

namespace TaskPlatform.Tasks.Data;

/// <summary>The status of a task.</summary>
internal enum TaskItemStatus
{
    Open,
    InProgress,
    Completed,
}

/// <summary>The names of the statuses, which are the same in JSON, in queries, in events and in the database.</summary>
internal static class TaskItemStatusNames
{
    private static readonly FrozenDictionary<string, TaskItemStatus> ByName = new Dictionary<string, TaskItemStatus>
    {
        ["open"] = TaskItemStatus.Open,
        ["in_progress"] = TaskItemStatus.InProgress,
        ["completed"] = TaskItemStatus.Completed,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<TaskItemStatus, string> ByStatus = ByName.ToFrozenDictionary(pair => pair.Value, pair => pair.Key);

    /// <summary>The validation error for an unknown status.</summary>
    public static string Hint { get; } = $"Must be one of {string.Join(", ", ByName.Keys.Order())}.";

    public static bool Contains(string name) => ByName.ContainsKey(name);

    public static TaskItemStatus Parse(string name) => ByName[name];

    public static string Name(this TaskItemStatus status) => ByStatus[status];
}
