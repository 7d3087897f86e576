using TaskPlatform.Contracts;
using TaskPlatform.Tasks.Data;

namespace TaskPlatform.Tasks.Tasks;

/// <summary>Creates the events that the service publishes about a task.</summary>
internal static class TaskEvents
{
    public static TaskCreated Created(TaskItem task)
        => new(task.Id, task.Title, task.Description, task.CreatorId, task.WorkerIds, task.DueAt);

    public static TaskUpdated Updated(TaskItem task, IReadOnlyList<string> changed, long by) => new(
        task.Id, task.Title, task.Description, task.Status.Name(), task.DueAt, task.WorkerIds, task.CreatorId, changed, by);

    public static TaskAssigned Assigned(TaskItem task, long[] before, long by) => new(
        task.Id, task.Title, task.WorkerIds, [.. task.WorkerIds.Except(before)], [.. before.Except(task.WorkerIds)], by);

    public static TaskCompleted Completed(TaskItem task, long by) => new(task.Id, task.Title, task.CreatorId, task.WorkerIds, by);

    public static TaskDeleted Deleted(TaskItem task, long by) => new(task.Id, task.Title, task.CreatorId, task.WorkerIds, by);
}
