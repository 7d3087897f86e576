using TaskPlatform.EventBus.Benchmarks.Reporting;

namespace TaskPlatform.EventBus.Benchmarks.Scenarios;

/// <summary>Repeats measurements while varying one parameter at a time.</summary>
internal static class GrowthRuns
{
    private const string Empty = "empty handler";
    private const string WithRow = "inbox and one row";

    private static readonly int[] Sizes = [16, 64, 256, 1024, 4096];
    private static readonly int[] Concurrencies = [1, 2, 4, 8, 16];
    private static readonly int[] Payloads = [250, 1000, 4000, 16_000, 64_000];
    private static readonly int[] Backlogs = [10_000, 50_000, 200_000, 500_000];

    public static IReadOnlyList<(string File, string Title, string Axis, IReadOnlyList<(string Line, double At, Scenario Scenario, int Events)> Runs)> Plan =>
    [
        ("batch", "Throughput by number of prefetched entries", "entries (EventBus:Prefetch)",
        [
            .. Sizes.SelectMany(size => new (string, double, Scenario, int)[]
            {
                (Empty, size, new Consume(options: o => o.Prefetch = size), 100_000),
                (WithRow, size, new ConsumeOnce(options: o => o.Prefetch = size), 25_000),
            }),
        ]),
        ("lanes", "Throughput by concurrency", "concurrent batches (EventBus:MaxConcurrency)",
        [
            .. Concurrencies.SelectMany(concurrency => new (string, double, Scenario, int)[]
            {
                (Empty, concurrency, new Consume(options: o => o.MaxConcurrency = concurrency), 100_000),
                (WithRow, concurrency, new ConsumeOnce(options: o => o.MaxConcurrency = concurrency), 25_000),
            }),
        ]),
        ("payload", "Throughput by event size", "bytes of JSON",
            [.. Payloads.Select(bytes => (Empty, (double)bytes, (Scenario)new Consume(bytes), Math.Min(100_000, 400_000_000 / bytes)))]),
        ("backlog", "Throughput by backlog", "events in the backlog",
        [
            .. Backlogs.SelectMany(events => new (string, double, Scenario, int)[]
            {
                ("dispatcher", events, new Backlog(), events),
                (Empty, events, new Consume(), events),
            }),
        ]),
    ];

    public static async Task<List<Growth>> RunAsync(BenchmarkServers servers, Effort effort, Action<string> step, CancellationToken cancellationToken)
    {
        var all = new List<Growth>();
        foreach (var (file, title, axis, runs) in Plan)
        {
            var points = new List<(string Line, GrowthPoint Point)>();
            foreach (var (line, at, scenario, events) in runs)
            {
                var rounds = new List<Round>();
                for (var i = 0; i < effort.Rounds; i++)
                    rounds.Add(await scenario.RunAsync(servers, effort with { Events = events }, cancellationToken));
                var median = Round.Median(rounds);
                points.Add((line, new GrowthPoint(at, median.Reached, median.Limit)));
                step(title);
            }

            all.Add(new Growth(file, title, axis, [.. points.GroupBy(p => p.Line).Select(p => new GrowthLine(p.Key, [.. p.Select(q => q.Point)]))]));
        }

        return all;
    }
}
