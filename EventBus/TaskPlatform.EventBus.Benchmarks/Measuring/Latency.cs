namespace TaskPlatform.EventBus.Benchmarks.Measuring;

/// <summary>How long single events took, in milliseconds.</summary>
internal sealed record Latency(double P50, double P99, double P999, double Max)
{
    public static Latency? Of(IEnumerable<double> milliseconds)
    {
        double[] sorted = [.. milliseconds.Order()];
        return sorted.Length == 0
            ? null
            : new Latency(At(sorted, 0.5), At(sorted, 0.99), At(sorted, 0.999), sorted[^1]);
    }

    /// <summary>Each figure's median over the rounds.</summary>
    public static Latency? Median(IReadOnlyList<Latency> rounds)
        => rounds.Count == 0
            ? null
            : new Latency(
                Middle.Of(rounds.Select(r => r.P50)), Middle.Of(rounds.Select(r => r.P99)), Middle.Of(rounds.Select(r => r.P999)),
                Middle.Of(rounds.Select(r => r.Max)));

    private static double At(double[] sorted, double quantile) => sorted[(int)Math.Ceiling(quantile * sorted.Length) - 1];
}

/// <summary>The median.</summary>
internal static class Middle
{
    public static double Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? double.NaN : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
