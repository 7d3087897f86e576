using System.Globalization;
using Spectre.Console;

namespace TaskPlatform.EventBus.Benchmarks.Reporting;

/// <summary>Shows a report in the terminal.</summary>
internal static class ReportTable
{
    public static void Show(Report report)
    {
        var machine = report.Machine;
        AnsiConsole.WriteLine();
        AnsiConsole.WriteLine(Text(
            $"{machine.Cores} cores, {machine.MemoryGigabytes} GB, {machine.Runtime}, Redis {machine.Redis}, Postgres {machine.Postgres}"));
        AnsiConsole.WriteLine(Text($"Medians of {report.Effort.Rounds} rounds; load {machine.LoadBefore:N1} before, {machine.LoadAfter:N1} after"));

        var table = new Table().Border(TableBorder.Rounded).AddColumns("", "Scenario", "Reached", "Limit", "Ratio", "p50 / p99 / p99.9 ms", "Goal", "");
        foreach (var column in (int[])[2, 3, 4])
            table.Columns[column].RightAligned();
        foreach (var scenario in report.Scenarios)
        {
            var median = scenario.Median;
            table.AddRow(
                new Text(scenario.Name),
                new Text(scenario.Title),
                new Text(Text($"{Number(median.Reached)} {scenario.Unit}")),
                new Text(median.Limit is { } limit ? Number(limit) : ""),
                new Text(median.Ratio is { } ratio ? Text($"{ratio:N2}") : ""),
                new Text(median.Latency is { } l ? Text($"{l.P50:N1} / {l.P99:N1} / {l.P999:N1}") : ""),
                new Text(scenario.Goal),
                new Text(scenario.GoalReached ? "✓" : "✗"));
        }

        AnsiConsole.Write(table);
        ShowCosts(report);
    }

    private static void ShowCosts(Report report)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("", "Process", "CPU s", "Peak MB", "Also");
        foreach (var scenario in report.Scenarios)
        {
            var figures = string.Join(", ", scenario.Median.Figures.Select(figure => Text($"{figure.Key} {Number(figure.Value)}")));
            foreach (var (i, cost) in scenario.Median.Processes.Index())
                table.AddRow(i == 0 ? scenario.Name : "", cost.Name, Text($"{cost.CpuSeconds:N1}"), Text($"{cost.PeakMegabytes:N0}"), i == 0 ? figures : "");
            if (scenario.Median.Processes.Count == 0)
                table.AddRow(scenario.Name, "", "", "", figures);
        }

        AnsiConsole.Write(table);
    }

    private static string Number(double value) => value < 100 ? Text($"{value:N2}") : Text($"{value:N0}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
