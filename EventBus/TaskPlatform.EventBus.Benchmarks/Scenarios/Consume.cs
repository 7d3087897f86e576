using Microsoft.Extensions.Hosting;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Benchmarks.Scenarios;

/// <summary>Consumes a backlog with a handler that does nothing: the cost of reading, parsing, invoking and acking.</summary>
internal sealed class Consume(int bytes = Measured.Bytes, Action<EventBusOptions>? options = null) : Scenario
{
    public override string Name => "C";

    public override string Title => "consume a backlog, empty handler, no inbox";

    public override string LimitTitle => "raw XREADGROUP + XACK";

    public override string Goal => "≥ 0.45 × limit";

    public override bool IsReached(Round median) => median.Ratio >= 0.45;

    public override async Task<Round> RunAsync(BenchmarkServers servers, Effort effort, CancellationToken cancellationToken)
    {
        var events = effort.EventsOr(300_000);
        var environment = await servers.NewEnvironmentAsync();
        RawStream.Add(environment.Redis, environment.StreamKey, events, bytes);
        var limitBefore = events / RawStream.Consume(environment.Redis, environment.StreamKey, "raw", events).TotalSeconds;

        var meter = servers.Meter();
        var (rate, counter) = await DrainAsync(servers, environment, events, tracesPerSecond: null, cancellationToken);
        var costs = meter.Read();
        var limit = (limitBefore + (events / RawStream.Consume(environment.Redis, environment.StreamKey, "raw 2", events).TotalSeconds)) / 2;
        await servers.Redis.StreamConsumerGroupSetPositionAsync(environment.StreamKey, BenchmarkEnvironment.Group, StreamPosition.Beginning);
        var (tracedRate, traced) = await DrainAsync(servers, environment, events, tracesPerSecond: 1_000_000, cancellationToken);

        await environment.EraseAsync(servers.Redis);
        return new Round
        {
            Reached = rate,
            Limit = limit,
            Events = events,
            Missing = counter.Missing + traced.Missing,
            Duplicates = counter.Duplicates + traced.Duplicates,
            Figures = new Dictionary<string, double> { ["with_every_event_traced"] = tracedRate / limit },
            Processes = costs,
        };
    }

    private async Task<(double Rate, Counter Counter)> DrainAsync(
        BenchmarkServers servers, BenchmarkEnvironment environment, int events, int? tracesPerSecond, CancellationToken cancellationToken)
    {
        var counter = new Counter(events);
        using var host = BusHost.Consumer<CountOnly>(environment, counter, options, tracesPerSecond);
        await host.StartAsync(cancellationToken);
        await counter.Done.WaitAsync(cancellationToken);
        await UntilAsync(async () => await environment.PendingAsync(servers.Redis) == 0, cancellationToken);
        var rate = events / counter.SinceFirst.TotalSeconds;
        await host.StopAsync(cancellationToken);
        return (rate, counter);
    }
}
