namespace TaskPlatform.EventBus.Dashboard.Data;

/// <summary>A bulk operation and its progress. Each of its steps is a transaction that locks the row.</summary>
public sealed class AdminJob
{
    /// <summary>The value of <see cref="Group"/> for a job that concerns every group.</summary>
    public const string EveryGroup = "*";

    /// <summary>A UUIDv7, so that the order of the ids is that of the jobs.</summary>
    public required Guid Id { get; init; }

    /// <summary>What it does.</summary>
    public required JobKind Kind { get; init; }

    /// <summary>Whether it runs, or how it ended.</summary>
    public JobState State { get; set; }

    /// <summary>The consumer group that it concerns, or <see cref="EveryGroup"/>. No two jobs of a group run at a time.</summary>
    public required string Group { get; init; }

    /// <summary>What it works on, as JSON in the form of its kind.</summary>
    public required string Parameters { get; init; }

    /// <summary>The last entry that it includes: later ones are left alone.</summary>
    public required string Cutoff { get; init; }

    /// <summary>The last entry that it has processed; null at the beginning.</summary>
    public string? Cursor { get; set; }

    /// <summary>How many entries it concerns, where that was known beforehand.</summary>
    public long? Total { get; init; }

    /// <summary>How many entries are done.</summary>
    public long Done { get; set; }

    /// <summary>How many entries could not be processed; they stay as they are.</summary>
    public long Refused { get; set; }

    /// <summary>Entries per second; null: no limit.</summary>
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

    /// <summary>Why it waits, or why it failed.</summary>
    public string? Problem { get; set; }
}

/// <summary>The kinds of jobs.</summary>
public enum JobKind
{
    /// <summary>Reprocesses dead letters.</summary>
    Reprocess,

    /// <summary>Deletes dead letters.</summary>
    Purge,

    /// <summary>Delivers past events to a group again.</summary>
    Replay,
}

/// <summary>Whether a job runs, or how it ended.</summary>
public enum JobState
{
    /// <summary>It runs, or waits for its next step.</summary>
    Running,

    /// <summary>Every entry was processed.</summary>
    Done,

    /// <summary>An operator ended it.</summary>
    Cancelled,

    /// <summary>It ended with an error.</summary>
    Failed,
}
