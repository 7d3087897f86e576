namespace TaskPlatform.Tasks.Data;

/// <summary>A task. Its version is that of its last event, and its ETag.</summary>
internal sealed class TaskItem
{
    public long Id { get; init; }

    public required string Title { get; set; }

    public string? Description { get; set; }

    public TaskItemStatus Status { get; set; }

    public required long CreatorId { get; init; }

    /// <summary>Who is to do it, in ascending order. Never changed in place.</summary>
    public required long[] WorkerIds { get; set; }

    public DateTimeOffset? DueAt { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; set; }

    public DateTimeOffset? CompletedAt { get; set; }

    public int Version { get; set; } = 1;

    /// <summary>Counts an event: each has a version of its own, also where one request makes several.</summary>
    public void IncrementVersion(DateTimeOffset now)
    {
        Version++;
        UpdatedAt = now;
    }

    /// <summary>Moves on, or back.</summary>
    public void SetStatus(TaskItemStatus status, DateTimeOffset now)
    {
        Status = status;
        CompletedAt = status == TaskItemStatus.Completed ? now : null;
    }
}
