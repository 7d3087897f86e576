using TaskPlatform.Contracts;
using TaskPlatform.Tasks.Data;

namespace TaskPlatform.Tasks.Tasks;

/// <summary>The representation of a task in responses, from its row, or from its events for a point in time.</summary>
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

    public static TaskView Of(TaskCreated created, DateTimeOffset at, long version) => new(
        created.TaskId, created.Title, created.Description, TaskItemStatus.Open.Name(), created.CreatorId ?? 0, created.WorkerIds,
        created.DueAt, CreatedAt: at, UpdatedAt: at, CompletedAt: null, version);

    public TaskView With(TaskUpdated update, DateTimeOffset at) => this with
    {
        Title = update.Title,
        Description = update.Description,
        Status = update.Status,
        WorkerIds = update.WorkerIds,
        DueAt = update.DueAt,
        CompletedAt = update.Status == TaskItemStatus.Completed.Name() ? CompletedAt ?? at : null,
    };

    public TaskView With(TaskAssigned assigned) => this with { WorkerIds = assigned.WorkerIds };

    public TaskView Completed(DateTimeOffset at) => this with { Status = TaskItemStatus.Completed.Name(), CompletedAt = CompletedAt ?? at };
}
