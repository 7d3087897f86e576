using System.Diagnostics;
using Microsoft.Extensions.Hosting;

namespace TaskPlatform.EventBus.Benchmarks.Scenarios;

/// <summary>A backlog through a handler that leaves a row, exactly once each.</summary>
internal sealed class ConsumeOnce(Action<EventBusOptions>? options = null) : Scenario
{
    private const double Enough = 15_000;

    public override string Name => "D";

    public override string Title => "consume with inbox and one row each";

    public override string LimitTitle => "the same two rows, 100 events a transaction, an insert a row";

    public override string Goal => "≥ 0.6 × limit and ≥ 15,000 /s";

    public override bool IsReached(Round median) => median is { Ratio: >= 0.6, Reached: >= Enough };

    public override async Task<Round> RunAsync(Stage stage, Effort effort, CancellationToken cancellationToken)
    {
        var events = effort.EventsOr(100_000);
        var place = await stage.NewPlaceAsync();
        RawStream.Add(place.Redis, place.StreamKey, events);
        var limit = await RawInserts.BatchesAsync(place, new EventBusOptions().Lanes, events, asArrays: false);
        var arrays = await RawInserts.BatchesAsync(place, new EventBusOptions().Lanes, events, asArrays: true);

        using var host = BusHost.RowWriter(place, options);
        var meter = stage.Meter();
        await host.StartAsync(cancellationToken);
        var (first, started) = (0L, 0L);
        await UntilAsync(async () => (first = await DoneAsync(place, stage)) > 0, cancellationToken);
        started = Stopwatch.GetTimestamp();
        await UntilAsync(async () => await DoneAsync(place, stage) >= events, cancellationToken);
        var rate = (events - first) / Stopwatch.GetElapsedTime(started).TotalSeconds;
        var costs = meter.Read();

        await host.StopAsync(cancellationToken);
        var effects = await place.CountAsync("SELECT count(*) FROM effect");
        var distinct = await place.CountAsync("SELECT count(DISTINCT measured_id) FROM effect");
        var limitAfter = await RawInserts.BatchesAsync(place, new EventBusOptions().Lanes, events, asArrays: false);
        await place.EraseAsync(stage.Redis);
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

    private static async Task<long> DoneAsync(Place place, Stage stage) => await GroupProgress.AckedAsync(stage.Redis, place);
}
