using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.Contracts;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.Tasks.Data;

namespace TaskPlatform.Tasks.Tasks;

/// <summary>The state of a task at a point in time, rebuilt from its events.</summary>
internal static class TaskAsOf
{
    /// <summary>Returns the task at a point in time; null if it didn't exist then.</summary>
    public static async Task<TaskView?> FindAsync(TasksDb db, long id, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var time = at.ToUniversalTime();
        TaskView? task = null;
        await foreach (var row in GetTaskHistory.EventsOf(db, id)
            .Where(row => row.CreatedAt <= time).AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            task = Apply(task, row);
        }

        return task;
    }

    private static TaskView? Apply(TaskView? task, EventLogRow row)
    {
        if (row.Type == TaskCreated.Type)
            return TaskView.Of(Read<TaskCreated>(row), row.CreatedAt, row.AggregateVersion ?? 1);
        if (task is null || row.Type == TaskDeleted.Type)
            return null;

        task = task with { UpdatedAt = row.CreatedAt, Version = row.AggregateVersion ?? task.Version };
        return row.Type switch
        {
            _ when row.Type == TaskUpdated.Type => task.With(Read<TaskUpdated>(row), row.CreatedAt),
            _ when row.Type == TaskAssigned.Type => task.With(Read<TaskAssigned>(row)),
            _ when row.Type == TaskCompleted.Type => task.Completed(row.CreatedAt),
            _ => task,
        };
    }

    private static TEvent Read<TEvent>(EventLogRow row)
        where TEvent : IEvent<TEvent>
    {
        using var envelope = JsonDocument.Parse(row.Envelope);
        return envelope.RootElement.GetProperty("data").Deserialize(TEvent.JsonTypeInfo)
            ?? throw new JsonException($"The event {row.EventId} has no payload.");
    }
}
