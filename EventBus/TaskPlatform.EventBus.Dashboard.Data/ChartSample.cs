namespace TaskPlatform.EventBus.Dashboard.Data;

/// <summary>The state of the bus at a time, for charts. Where several processes sample, the first row of a slot is kept.</summary>
public sealed class ChartSample
{
    /// <summary>When the slot begins.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Entries that their groups have not read, summed over all streams.</summary>
    public required long Lag { get; init; }

    /// <summary>Entries that were read and are not acked.</summary>
    public required long Pending { get; init; }

    /// <summary>Dead letters.</summary>
    public required long DeadLetters { get; init; }

    /// <summary>Retries that wait for their time.</summary>
    public required long Scheduled { get; init; }
}
