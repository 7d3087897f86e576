using System.Diagnostics;
using Microsoft.Extensions.Hosting;

namespace TaskPlatform.EventBus.Benchmarks.Scenarios;

/// <summary>Consumes a backlog with a handler that inserts a row exactly once: in batches, or with each event as a unit of work.</summary>
internal sealed class ConsumeOnce(bool inBatches = true, Action<EventBusOptions>? options = null) : Scenario
{
    private const double MinRate = 15_000;

    public override string Name => inBatches ? "D" : "D1";

    public override string Title => inBatches ? "consume with inbox and one row per event, in batches" : "consume with inbox and one row per event, one event at a time";

    public override string LimitTitle => inBatches
        ? "the same two rows, 100 events per transaction, one insert per row"
        : "the same two rows per round trip, 100 savepoints per transaction";

    public override string Goal => inBatches ? "≥ 0.6 × limit and ≥ 15,000 /s" : "≥ 0.6 × limit";

    public override bool IsReached(Round median) => median.Ratio >= 0.6 && (!inBatches || median.Reached >= MinRate);

    public override async Task<Round> RunAsync(BenchmarkServers servers, Effort effort, CancellationToken cancellationToken)
    {
        var events = effort.EventsOr(100_000);
        var environment = await servers.NewEnvironmentAsync();
        RawStream.Add(environment.Redis, environment.StreamKey, events);
        var limit = await LimitAsync(environment, events);
        var arrays = await RawInserts.BatchesAsync(environment, new EventBusOptions().MaxConcurrency, events, asArrays: true);

        using var host = BusHost.RowWriter(environment, options, inBatches);
        var meter = servers.Meter();
        await host.StartAsync(cancellationToken);
        var (first, started) = (0L, 0L);
        await UntilAsync(async () => (first = await DoneAsync(environment, servers)) > 0, cancellationToken);
        started = Stopwatch.GetTimestamp();
        await UntilAsync(async () => await DoneAsync(environment, servers) >= events, cancellationToken);
        var rate = (events - first) / Stopwatch.GetElapsedTime(started).TotalSeconds;
        var costs = meter.Read();

        await host.StopAsync(cancellationToken);
        var effects = await environment.CountAsync("SELECT count(*) FROM effect");
        var distinct = await environment.CountAsync("SELECT count(DISTINCT measured_id) FROM effect");
        var limitAfter = await LimitAsync(environment, events);
        await environment.EraseAsync(servers.Redis);
        return new Round
        {
            Reached = rate,
            Limit = (limit + limitAfter) / 2,
            Events = events,
            Missing = events - distinct,
            Duplicates = effects - distinct,
            Figures = new Dictionary<string, double> { ["of_rows_as_arrays"] = rate / arrays },
            Processes = costs,
        };
    }

    private Task<double> LimitAsync(BenchmarkEnvironment environment, int events) => inBatches
        ? RawInserts.BatchesAsync(environment, new EventBusOptions().MaxConcurrency, events, asArrays: false)
        : RawInserts.SavepointsAsync(environment, new EventBusOptions().MaxConcurrency, events);

    private static async Task<long> DoneAsync(BenchmarkEnvironment environment, BenchmarkServers servers) => await GroupProgress.AckedAsync(servers.Redis, environment);
}
