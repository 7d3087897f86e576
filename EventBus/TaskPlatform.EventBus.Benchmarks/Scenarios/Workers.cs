using System.Diagnostics;

namespace TaskPlatform.EventBus.Benchmarks.Scenarios;

/// <summary>Several worker processes in one group, with inbox and rows.</summary>
internal sealed class Workers : Scenario
{
    private const int WarmUp = 150_000;
    private const string ToOne = "_to_1";

    public override string Name => "H";

    public override string Title => "1, 2 and 4 worker processes in one group";

    public override string LimitTitle => "the same two rows, 100 events per transaction, one insert per row";

    public override string Goal => "no duplicates; never slower than one worker";

    public override bool IsReached(Round median)
        => median.Duplicates == 0 && median.Figures.Where(figure => figure.Key.EndsWith(ToOne, StringComparison.Ordinal)).All(figure => figure.Value >= 1);

    public override async Task<Round> RunAsync(BenchmarkServers servers, Effort effort, CancellationToken cancellationToken)
    {
        var events = effort.EventsOr(200_000);
        var rates = new Dictionary<int, (double Reached, double Limit)>();
        var (missing, duplicates) = (0L, 0L);
        int[] counts = effort.Smoke ? [2] : [1, 2, 4];
        foreach (var count in counts)
        {
            var environment = await servers.NewEnvironmentAsync();
            var limit = await RawInserts.BatchesAsync(environment, new EventBusOptions().MaxConcurrency, events, asArrays: false);
            var reached = await DrainAsync(servers, environment, count, events, effort, cancellationToken);
            var effects = await environment.CountAsync("SELECT count(*) FROM effect");
            var distinct = await environment.CountAsync("SELECT count(DISTINCT measured_id) FROM effect");
            missing += events - distinct;
            duplicates += effects - distinct;
            var limitAfter = await RawInserts.BatchesAsync(environment, new EventBusOptions().MaxConcurrency, events, asArrays: false);
            rates[count] = (reached, (limit + limitAfter) / 2);
            await environment.EraseAsync(servers.Redis);
        }

        return new Round
        {
            Reached = rates[counts[^1]].Reached,
            Limit = rates[counts[^1]].Limit,
            Events = (long)events * counts.Length,
            Missing = missing,
            Duplicates = duplicates,
            Figures = Figures(rates),
        };
    }

    /// <summary>The rate of each number of workers, and its ratio to one worker, both relative to their limits, as the speed varies.</summary>
    private static Dictionary<string, double> Figures(Dictionary<int, (double Reached, double Limit)> rates)
    {
        var figures = rates.ToDictionary(rate => $"workers_{rate.Key}", rate => rate.Value.Reached);
        if (rates.TryGetValue(1, out var one))
        {
            foreach (var (count, rate) in rates.Where(rate => rate.Key > 1))
                figures[$"workers_{count}{ToOne}"] = rate.Reached / rate.Limit / (one.Reached / one.Limit);
        }

        return figures;
    }

    private static async Task<double> DrainAsync(
        BenchmarkServers servers, BenchmarkEnvironment environment, int count, int events, Effort effort, CancellationToken cancellationToken)
    {
        // Starts all workers and warms up their JIT compilation before measuring.
        var warmUp = count * (effort.Smoke ? events : WarmUp);
        RawStream.Add(environment.Redis, environment.StreamKey, warmUp);
        var workers = Enumerable.Range(0, count).Select(_ => Worker.Start(environment, insertsRows: true)).ToList();
        try
        {
            await UntilAsync(async () => await AckedAsync() >= warmUp, cancellationToken);
            await environment.ExecuteAsync("TRUNCATE inbox, effect");

            // Paused while the backlog is created, which is not part of the measurement.
            await Task.WhenAll(workers.Select(worker => worker.PauseAsync(cancellationToken)));
            RawStream.Add(environment.Redis, environment.StreamKey, events);
            var started = Stopwatch.GetTimestamp();
            await Task.WhenAll(workers.Select(worker => worker.ContinueAsync(cancellationToken)));
            await UntilAsync(async () => await AckedAsync() >= warmUp + events, cancellationToken);
            return events / Stopwatch.GetElapsedTime(started).TotalSeconds;
        }
        finally
        {
            foreach (var worker in workers)
                await worker.DisposeAsync();
        }

        async Task<long> AckedAsync()
        {
            workers.ForEach(worker => worker.EnsureRunning());
            return await GroupProgress.AckedAsync(servers.Redis, environment);
        }
    }
}
