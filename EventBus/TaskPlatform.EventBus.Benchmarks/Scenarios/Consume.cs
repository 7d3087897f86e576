using Microsoft.Extensions.Hosting;

namespace TaskPlatform.EventBus.Benchmarks.Scenarios;

/// <summary>A backlog through a handler that does nothing: what reading, parsing, calling and acking cost.</summary>
internal sealed class Consume(int bytes = Measured.Bytes, Action<EventBusOptions>? options = null) : Scenario
{
    public override string Name => "C";

    public override string Title => "consume a backlog, empty handler, no inbox";

    public override string LimitTitle => "raw XREADGROUP + XACK";

    public override string Goal => "≥ 0.45 × limit";

    public override bool IsReached(Round median) => median.Ratio >= 0.45;

    public override async Task<Round> RunAsync(Stage stage, Effort effort, CancellationToken cancellationToken)
    {
        var events = effort.EventsOr(300_000);
        var place = await stage.NewPlaceAsync();
        RawStream.Add(place.Redis, place.StreamKey, events, bytes);
        var limit = events / RawStream.Consume(place.Redis, place.StreamKey, "raw", events).TotalSeconds;

        var tally = new Tally(events);
        using var host = BusHost.Counter<CountOnly>(place, tally, options);
        var meter = stage.Meter();
        await host.StartAsync(cancellationToken);
        await tally.Done.WaitAsync(cancellationToken);
        await UntilAsync(async () => await place.PendingAsync(stage.Redis) == 0, cancellationToken);
        var rate = events / tally.SinceFirst.TotalSeconds;
        var costs = meter.Read();

        await host.StopAsync(cancellationToken);
        await place.EraseAsync(stage.Redis);
        return new Round
        {
            Reached = rate,
            Limit = limit,
            Events = events,
            Missing = tally.Missing,
            Duplicates = tally.Duplicates,
            Processes = costs,
        };
    }
}
