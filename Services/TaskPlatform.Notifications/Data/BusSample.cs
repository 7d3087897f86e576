namespace TaskPlatform.Notifications.Data;

/// <summary>How the bus stood at a time, for charts. Of all processes that sample, the first one's row of each slot stays.</summary>
public sealed class BusSample
{
    /// <summary>The slot's beginning.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Entries that their groups have not read, over all streams.</summary>
    public required long Lag { get; init; }

    /// <summary>Entries that are read and not done.</summary>
    public required long Pending { get; init; }

    public required long DeadLetters { get; init; }

    public required long Scheduled { get; init; }
}
