using TaskPlatform.Tasks.Data;

namespace TaskPlatform.Tasks.Tasks;

/// <summary>The representation of a task in responses.</summary>
internal sealed record TaskView(
    long TaskId,
    string Title,
    string? Description,
    string Status,
    long CreatorId,
    IReadOnlyList<long> WorkerIds,
    DateTimeOffset? DueAt,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    DateTimeOffset? CompletedAt,
    long Version)
{
    public static TaskView Of(TaskItem task) => new(
        task.Id, task.Title, task.Description, task.Status.Name(), task.CreatorId, task.WorkerIds,
        task.DueAt, task.CreatedAt, task.UpdatedAt, task.CompletedAt, task.Version);
}
