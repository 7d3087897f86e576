namespace TaskPlatform.Tasks.Data;

/// <summary>A task. Its version is the version of its last event, and its ETag.</summary>
internal sealed class TaskItem
{
    public long Id { get; init; }

    public required string Title { get; set; }

    public string? Description { get; set; }

    public TaskItemStatus Status { get; set; }

    public required long CreatorId { get; init; }

    /// <summary>The workers' ids, in ascending order. The array is never changed in place.</summary>
    public required long[] WorkerIds { get; set; }

    public DateTimeOffset? DueAt { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; set; }

    public DateTimeOffset? CompletedAt { get; set; }

    public int Version { get; set; } = 1;

    /// <summary>Called for each event, because every event has its own version, even if one request publishes several.</summary>
    public void IncrementVersion(DateTimeOffset now)
    {
        Version++;
        UpdatedAt = now;
    }

    /// <summary>Sets the status and the time of completion.</summary>
    public void SetStatus(TaskItemStatus status, DateTimeOffset now)
    {
        Status = status;
        CompletedAt = status == TaskItemStatus.Completed ? now : null;
    }
}
