namespace TaskPlatform.EventBus.Dashboard.Data;

/// <summary>A sample of the bus's state, for charts. If several processes write samples, the first row of each time slot is kept.</summary>
public sealed class ChartSample
{
    /// <summary>The beginning of the time slot.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Entries that their groups have not read, summed over all streams.</summary>
    public required long Lag { get; init; }

    /// <summary>Entries that were read but not acknowledged.</summary>
    public required long Pending { get; init; }

    /// <summary>Dead letters.</summary>
    public required long DeadLetters { get; init; }

    /// <summary>Scheduled retries.</summary>
    public required long Scheduled { get; init; }
}
