using System.Diagnostics;
using Microsoft.Extensions.Hosting;

namespace TaskPlatform.EventBus.Benchmarks.Scenarios;

/// <summary>A backlog through a handler that leaves a row, exactly once each: in batches, or each event as a unit of work of its own.</summary>
internal sealed class ConsumeOnce(bool inBatches = true, Action<EventBusOptions>? options = null) : Scenario
{
    private const double Enough = 15_000;

    public override string Name => inBatches ? "D" : "D1";

    public override string Title => inBatches ? "consume with inbox and one row each, in batches" : "consume with inbox and one row each, an event at a time";

    public override string LimitTitle => inBatches
        ? "the same two rows, 100 events a transaction, an insert a row"
        : "the same two rows a trip, 100 savepoints a transaction";

    public override string Goal => inBatches ? "≥ 0.6 × limit and ≥ 15,000 /s" : "≥ 0.6 × limit";

    public override bool IsReached(Round median) => median.Ratio >= 0.6 && (!inBatches || median.Reached >= Enough);

    public override async Task<Round> RunAsync(Stage stage, Effort effort, CancellationToken cancellationToken)
    {
        var events = effort.EventsOr(100_000);
        var environment = await stage.NewEnvironmentAsync();
        RawStream.Add(environment.Redis, environment.StreamKey, events);
        var limit = await LimitAsync(environment, events);
        var arrays = await RawInserts.BatchesAsync(environment, new EventBusOptions().MaxConcurrency, events, asArrays: true);

        using var host = BusHost.RowWriter(environment, options, inBatches);
        var meter = stage.Meter();
        await host.StartAsync(cancellationToken);
        var (first, started) = (0L, 0L);
        await UntilAsync(async () => (first = await DoneAsync(environment, stage)) > 0, cancellationToken);
        started = Stopwatch.GetTimestamp();
        await UntilAsync(async () => await DoneAsync(environment, stage) >= events, cancellationToken);
        var rate = (events - first) / Stopwatch.GetElapsedTime(started).TotalSeconds;
        var costs = meter.Read();

        await host.StopAsync(cancellationToken);
        var effects = await environment.CountAsync("SELECT count(*) FROM effect");
        var distinct = await environment.CountAsync("SELECT count(DISTINCT measured_id) FROM effect");
        var limitAfter = await LimitAsync(environment, events);
        await environment.EraseAsync(stage.Redis);
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

    private static async Task<long> DoneAsync(BenchmarkEnvironment environment, Stage stage) => await GroupProgress.AckedAsync(stage.Redis, environment);
}
