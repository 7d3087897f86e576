namespace TaskPlatform.Notifications.Data;

/// <summary>A bulk work: what is to be done, and how far it got. Every step of it is a transaction that holds the row.</summary>
public sealed class AdminJob
{
    /// <summary>Stands for every group.</summary>
    public const string EveryGroup = "*";

    public required Guid Id { get; init; }

    public required JobKind Kind { get; init; }

    public JobState State { get; set; }

    /// <summary>The consumer group it is about, of which no other job may be at work; or <see cref="EveryGroup"/>.</summary>
    public required string Group { get; init; }

    /// <summary>What it works on, as JSON of its kind's own.</summary>
    public required string Parameters { get; init; }

    /// <summary>The last entry it is meant for: what came later than the job is left alone.</summary>
    public required string Cutoff { get; init; }

    /// <summary>The last entry it has looked at; null at the beginning.</summary>
    public string? Cursor { get; set; }

    /// <summary>How many entries it is about, where that could be told beforehand.</summary>
    public long? Total { get; init; }

    public long Done { get; set; }

    /// <summary>Entries that could not be worked on; they stay as they are.</summary>
    public long Refused { get; set; }

    /// <summary>Entries a second; null: as fast as it goes.</summary>
    public int? Rate { get; init; }

    public required long UserId { get; init; }

    public required string Email { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its next step is due.</summary>
    public required DateTimeOffset NextAt { get; set; }

    public DateTimeOffset? FinishedAt { get; set; }

    /// <summary>What it waits for, or ended of.</summary>
    public string? Problem { get; set; }
}

/// <summary>What a job does.</summary>
public enum JobKind
{
    Reprocess,
    Purge,
    Replay,
}

/// <summary>How a job stands.</summary>
public enum JobState
{
    Running,
    Done,
    Cancelled,
    Failed,
}
