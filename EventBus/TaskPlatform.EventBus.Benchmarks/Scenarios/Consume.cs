using Microsoft.Extensions.Hosting;
using StackExchange.Redis;

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
        var limitBefore = events / RawStream.Consume(place.Redis, place.StreamKey, "raw", events).TotalSeconds;

        var meter = stage.Meter();
        var (rate, tally) = await DrainAsync(stage, place, events, tracesPerSecond: null, cancellationToken);
        var costs = meter.Read();
        var limit = (limitBefore + (events / RawStream.Consume(place.Redis, place.StreamKey, "raw again", events).TotalSeconds)) / 2;
        await stage.Redis.StreamConsumerGroupSetPositionAsync(place.StreamKey, Place.Group, StreamPosition.Beginning);
        var (tracedRate, traced) = await DrainAsync(stage, place, events, tracesPerSecond: 1_000_000, cancellationToken);

        await place.EraseAsync(stage.Redis);
        return new Round
        {
            Reached = rate,
            Limit = limit,
            Events = events,
            Missing = tally.Missing + traced.Missing,
            Duplicates = tally.Duplicates + traced.Duplicates,
            Figures = new Dictionary<string, double> { ["with_every_event_traced"] = tracedRate / limit },
            Processes = costs,
        };
    }

    private async Task<(double Rate, Tally Tally)> DrainAsync(
        Stage stage, Place place, int events, int? tracesPerSecond, CancellationToken cancellationToken)
    {
        var tally = new Tally(events);
        using var host = BusHost.Counter<CountOnly>(place, tally, options, tracesPerSecond);
        await host.StartAsync(cancellationToken);
        await tally.Done.WaitAsync(cancellationToken);
        await UntilAsync(async () => await place.PendingAsync(stage.Redis) == 0, cancellationToken);
        var rate = events / tally.SinceFirst.TotalSeconds;
        await host.StopAsync(cancellationToken);
        return (rate, tally);
    }
}
