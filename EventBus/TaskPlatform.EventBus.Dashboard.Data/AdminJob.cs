namespace TaskPlatform.EventBus.Dashboard.Data;

/// <summary>A bulk operation and its progress. Each of its steps is a transaction that locks the row.</summary>
public sealed class AdminJob
{
    /// <summary>The value of <see cref="Group"/> for a job that concerns every group.</summary>
    public const string EveryGroup = "*";

    /// <summary>A UUIDv7, so that ordering by id orders by creation.</summary>
    public required Guid Id { get; init; }

    /// <summary>The kind of job.</summary>
    public required JobKind Kind { get; init; }

    /// <summary>Whether it runs, or how it ended.</summary>
    public JobState State { get; set; }

    /// <summary>The consumer group that it concerns, or <see cref="EveryGroup"/>. Only one job per group runs at a time.</summary>
    public required string Group { get; init; }

    /// <summary>The job's parameters, as JSON that depends on its kind.</summary>
    public required string Parameters { get; init; }

    /// <summary>The last entry that it includes: later ones are left alone.</summary>
    public required string Cutoff { get; init; }

    /// <summary>The last entry that it has processed; null at the beginning.</summary>
    public string? Cursor { get; set; }

    /// <summary>The number of entries, if it was known in advance.</summary>
    public long? Total { get; init; }

    /// <summary>The number of entries that were processed.</summary>
    public long Done { get; set; }

    /// <summary>The number of entries that could not be processed; they are left unchanged.</summary>
    public long Refused { get; set; }

    /// <summary>The limit in entries per second; null for no limit.</summary>
    public int? Rate { get; init; }

    /// <summary>The id of the operator who started it.</summary>
    public required long UserId { get; init; }

    /// <summary>The e-mail address of the operator who started it.</summary>
    public required string Email { get; init; }

    /// <summary>When it was started.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the next step is due.</summary>
    public required DateTimeOffset NextAt { get; set; }

    /// <summary>When it ended; null while it runs.</summary>
    public DateTimeOffset? FinishedAt { get; set; }

    /// <summary>What the job is waiting for, or why it failed.</summary>
    public string? Problem { get; set; }
}

/// <summary>The kinds of jobs.</summary>
public enum JobKind
{
    /// <summary>Reprocesses dead letters.</summary>
    Reprocess,

    /// <summary>Deletes dead letters.</summary>
    Purge,

    /// <summary>Replays past events to a group.</summary>
    Replay,
}

/// <summary>Whether a job runs, or how it ended.</summary>
public enum JobState
{
    /// <summary>Running, or waiting for its next step.</summary>
    Running,

    /// <summary>Every entry was processed.</summary>
    Done,

    /// <summary>Cancelled by an operator.</summary>
    Cancelled,

    /// <summary>Failed with an error.</summary>
    Failed,
}
