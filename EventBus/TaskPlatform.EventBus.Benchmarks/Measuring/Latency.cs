namespace TaskPlatform.EventBus.Benchmarks.Measuring;

/// <summary>Latency of single events, in milliseconds.</summary>
internal sealed record Latency(double P50, double P99, double P999, double Max)
{
    public static Latency? Of(IEnumerable<double> milliseconds)
    {
        double[] sorted = [.. milliseconds.Order()];
        return sorted.Length == 0
            ? null
            : new Latency(At(sorted, 0.5), At(sorted, 0.99), At(sorted, 0.999), sorted[^1]);
    }

    /// <summary>The median of each value over the rounds.</summary>
    public static Latency? Median(IReadOnlyList<Latency> rounds)
        => rounds.Count == 0
            ? null
            : new Latency(
                Statistics.Median(rounds.Select(r => r.P50)), Statistics.Median(rounds.Select(r => r.P99)), Statistics.Median(rounds.Select(r => r.P999)),
                Statistics.Median(rounds.Select(r => r.Max)));

    private static double At(double[] sorted, double quantile) => sorted[(int)Math.Ceiling(quantile * sorted.Length) - 1];
}

/// <summary>Statistical functions.</summary>
internal static class Statistics
{
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? double.NaN : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
