namespace TaskPlatform.EventBus.Benchmarks.Measuring;

/// <summary>One measurement of a scenario and of its limit.</summary>
internal sealed record Round
{
    /// <summary>The result of the bus: events per second, unless the scenario has another unit.</summary>
    public required double Reached { get; init; }

    /// <summary>The result of plain sockets and statements; null if there is no such limit.</summary>
    public double? Limit { get; init; }

    /// <summary>The ratio of result and limit; for several rounds, the median of their ratios, because a machine's speed varies over time.</summary>
    public double? Ratio { get => field ?? Reached / Limit; init; }

    public Latency? Latency { get; init; }

    public Latency? LimitLatency { get; init; }

    /// <summary>The number of events.</summary>
    public long Events { get; init; }

    /// <summary>The number of events without an effect.</summary>
    public long Missing { get; init; }

    /// <summary>The number of duplicate effects.</summary>
    public long Duplicates { get; init; }

    /// <summary>Other results of the scenario.</summary>
    public IReadOnlyDictionary<string, double> Figures { get; init; } = new Dictionary<string, double>();

    /// <summary>The resources used while the bus was measured.</summary>
    public IReadOnlyList<ProcessCost> Processes { get; init; } = [];

    /// <summary>The median of each value; counts are summed.</summary>
    public static Round Median(IReadOnlyList<Round> rounds) => new()
    {
        Reached = Statistics.Median(rounds.Select(r => r.Reached)),
        Limit = rounds.All(r => r.Limit.HasValue) ? Statistics.Median(rounds.Select(r => r.Limit!.Value)) : null,
        Ratio = rounds.All(r => r.Ratio.HasValue) ? Statistics.Median(rounds.Select(r => r.Ratio!.Value)) : null,
        Latency = Latency.Median([.. rounds.Select(r => r.Latency).OfType<Latency>()]),
        LimitLatency = Latency.Median([.. rounds.Select(r => r.LimitLatency).OfType<Latency>()]),
        Events = rounds.Sum(r => r.Events),
        Missing = rounds.Sum(r => r.Missing),
        Duplicates = rounds.Sum(r => r.Duplicates),
        Figures = rounds[0].Figures.Keys.ToDictionary(name => name, name => Statistics.Median(rounds.Select(r => r.Figures[name]))),
        Processes = [.. rounds.SelectMany(r => r.Processes).GroupBy(p => p.Name)
            .Select(p => new ProcessCost(p.Key, Statistics.Median(p.Select(c => c.CpuSeconds)), p.Max(c => c.PeakMegabytes)))],
    };
}
