using System.Globalization;
using System.Text;

namespace TaskPlatform.EventBus.Benchmarks.Reporting;

/// <summary>Replaces the table between two comments in a page, so that the page shows only measured results.</summary>
internal static class MarkdownPage
{
    private const string Begin = "<!-- figures: written by the benchmarks -->";
    private const string End = "<!-- end of figures -->";

    public static async Task UpdateAsync(string file, Report report)
    {
        var page = await File.ReadAllTextAsync(file);
        var from = page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        var to = page.IndexOf(End, StringComparison.Ordinal);
        if (from < Begin.Length || to < from)
            throw new InvalidOperationException($"{file} does not contain the lines '{Begin}' and '{End}', between which the figures are written.");
        await File.WriteAllTextAsync(file, page[..from] + "\n" + Table(report) + page[to..]);
    }

    private static string Table(Report report)
    {
        var machine = report.Machine;
        var text = new StringBuilder()
            .AppendLine(Text($"{machine.MeasuredAt:yyyy-MM-dd}, {machine.Cores} cores, {machine.MemoryGigabytes} GB, {machine.Runtime}, Redis {machine.Redis}, Postgres {machine.Postgres}."))
            .AppendLine(Text($"Medians of {report.Effort.Rounds} rounds; load average {machine.LoadBefore:N1} at the start, {machine.LoadAfter:N1} at the end.\n"))
            .AppendLine("| | Scenario | Goal | Reached | Limit | Ratio | p50 / p99 / p99.9 ms | | Also |")
            .AppendLine("|---|---|---|---:|---:|---:|---|---|---|");
        foreach (var scenario in report.Scenarios)
        {
            var median = scenario.Median;
            text.Append(Text($"| {scenario.Name} | {scenario.Title} | {scenario.Goal} | {Number(median.Reached)} {scenario.Unit} | "))
                .Append(median.Limit is { } limit ? Number(limit) : "")
                .Append(median.Ratio is { } ratio ? Text($" | {ratio:N2} | ") : " | | ")
                .Append(Text(median.Latency))
                .Append(scenario.GoalReached ? " | reached | " : " | not reached | ")
                .AppendJoin(", ", median.Figures.Select(figure => Text($"{figure.Key} {Number(figure.Value)}")))
                .Append(median.LimitLatency is { } limits ? $"limit {Text(limits)}" : "")
                .AppendLine(" |");
        }

        return text.ToString();
    }

    private static string Text(Latency? latency)
        => latency is null ? "" : Text($"{latency.P50:N1} / {latency.P99:N1} / {latency.P999:N1}");

    private static string Number(double value) => value < 10 ? Text($"{value:N2}") : value < 100 ? Text($"{value:N1}") : Text($"{value:N0}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
