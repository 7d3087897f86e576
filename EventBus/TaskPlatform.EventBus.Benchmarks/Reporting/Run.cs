using Spectre.Console;
using TaskPlatform.EventBus.Benchmarks.Scenarios;

namespace TaskPlatform.EventBus.Benchmarks.Reporting;

/// <summary>Runs the measurements with a progress bar, and shows the results.</summary>
internal static class Run
{
    /// <summary>Runs scenarios.</summary>
    /// <returns>The exit code: 1 if an event was lost or handled twice.</returns>
    public static async Task<int> ScenariosAsync(
        IReadOnlyList<Scenario> scenarios, Effort effort, string? json, string? page, CancellationToken cancellationToken)
    {
        await using var servers = await BenchmarkServers.StartAsync(isDurable: !effort.Smoke);
        var report = new Report(await Machine.DescribeAsync(servers), effort);
        await ProgressAsync(scenarios.Count * (effort.Rounds + (effort.Smoke ? 0 : 1)), async step =>
        {
            foreach (var scenario in scenarios)
            {
                // The first round is a warm-up for the JIT compiler and is not counted.
                if (!effort.Smoke)
                {
                    step($"{scenario.Name}  {scenario.Title}", 0);
                    await scenario.RunAsync(servers, effort.ForWarmUp(), cancellationToken);
                    step($"{scenario.Name}  {scenario.Title}", 1);
                }

                var rounds = new List<Round>();
                for (var i = 0; i < effort.Rounds; i++)
                {
                    rounds.Add(await scenario.RunAsync(servers, effort, cancellationToken));
                    step($"{scenario.Name}  {scenario.Title}", 1);
                }

                report.Scenarios.Add(ScenarioReport.Of(scenario, rounds));
                report.Machine.LoadAfter = Machine.Load();
                if (json is not null)
                    await report.SaveAsync(json); // Keeps the results if the run is cancelled.
            }
        });

        ReportTable.Show(report);
        if (page is not null)
            await MarkdownPage.UpdateAsync(page, report);
        return report.Scenarios.Any(scenario => scenario.Median is not { Missing: 0, Duplicates: 0 }) ? 1 : 0;
    }

    /// <summary>Measures and charts throughput by parameter.</summary>
    public static async Task<int> GrowthAsync(Effort effort, string folder, string? json, CancellationToken cancellationToken)
    {
        await using var servers = await BenchmarkServers.StartAsync();
        var report = new Report(await Machine.DescribeAsync(servers), effort);
        await new Consume().RunAsync(servers, effort.ForWarmUp(), cancellationToken);
        await new ConsumeOnce().RunAsync(servers, effort.ForWarmUp(), cancellationToken);
        await ProgressAsync(GrowthRuns.Plan.Sum(plan => plan.Runs.Count), async step =>
            report.Growth.AddRange(await GrowthRuns.RunAsync(servers, effort, title => step(title, 1), cancellationToken)));

        report.Machine.LoadAfter = Machine.Load();
        Directory.CreateDirectory(folder);
        foreach (var growth in report.Growth)
            await File.WriteAllTextAsync(Path.Combine(folder, growth.File + ".svg"), LineChart.Draw(growth), cancellationToken);
        if (json is not null)
            await report.SaveAsync(json);
        return 0;
    }

    private static Task ProgressAsync(int steps, Func<Action<string, int>, Task> work)
        => AnsiConsole.Progress()
            .Columns(new SpinnerColumn(), new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .StartAsync(async context =>
            {
                var bar = context.AddTask("starting", maxValue: steps);
                await work((description, done) =>
                {
                    bar.Description = Markup.Escape(description);
                    bar.Increment(done);
                });
            });
}
