namespace TaskPlatform.EventBus.Benchmarks.Measuring;

/// <summary>One measurement of a scenario, right beside one of its limit.</summary>
internal sealed record Round
{
    /// <summary>What the bus reached: events a second, unless the scenario's unit says something else.</summary>
    public required double Reached { get; init; }

    /// <summary>What bare sockets and statements reach; null where there is no such thing.</summary>
    public double? Limit { get; init; }

    /// <summary>The bus beside its limit; over several rounds the median of theirs, because a machine's speed drifts from one to the next.</summary>
    public double? Ratio { get => field ?? Reached / Limit; init; }

    public Latency? Latency { get; init; }

    public Latency? LimitLatency { get; init; }

    /// <summary>How many events there were.</summary>
    public long Events { get; init; }

    /// <summary>How many of them had no effect.</summary>
    public long Missing { get; init; }

    /// <summary>How many effects happened twice.</summary>
    public long Duplicates { get; init; }

    /// <summary>Whatever else the scenario measures.</summary>
    public IReadOnlyDictionary<string, double> Figures { get; init; } = new Dictionary<string, double>();

    /// <summary>What it cost while the bus was measured.</summary>
    public IReadOnlyList<ProcessCost> Processes { get; init; } = [];

    /// <summary>Each figure's median; counts are sums.</summary>
    public static Round Median(IReadOnlyList<Round> rounds) => new()
    {
        Reached = Middle.Of(rounds.Select(r => r.Reached)),
        Limit = rounds.All(r => r.Limit.HasValue) ? Middle.Of(rounds.Select(r => r.Limit!.Value)) : null,
        Ratio = rounds.All(r => r.Ratio.HasValue) ? Middle.Of(rounds.Select(r => r.Ratio!.Value)) : null,
        Latency = Latency.Median([.. rounds.Select(r => r.Latency).OfType<Latency>()]),
        LimitLatency = Latency.Median([.. rounds.Select(r => r.LimitLatency).OfType<Latency>()]),
        Events = rounds.Sum(r => r.Events),
        Missing = rounds.Sum(r => r.Missing),
        Duplicates = rounds.Sum(r => r.Duplicates),
        Figures = rounds[0].Figures.Keys.ToDictionary(name => name, name => Middle.Of(rounds.Select(r => r.Figures[name]))),
        Processes = [.. rounds.SelectMany(r => r.Processes).GroupBy(p => p.Name)
            .Select(p => new ProcessCost(p.Key, Middle.Of(p.Select(c => c.CpuSeconds)), p.Max(c => c.PeakMegabytes)))],
    };
}
