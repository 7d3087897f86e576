using System.Diagnostics;
using Microsoft.Extensions.Hosting;

namespace TaskPlatform.EventBus.Benchmarks.Scenarios;

/// <summary>Publishes a log full of unpublished events, as after an hour without Redis.</summary>
internal sealed class Backlog : Scenario
{
    private const double MinRate = 40_000;

    public override string Name => "B";

    public override string Title => "dispatcher draining a backlog";

    public override string LimitTitle => "raw pipelined XADD";

    public override string Goal => "≥ 40,000 /s";

    public override bool IsReached(Round median) => median.Reached >= MinRate;

    public override async Task<Round> RunAsync(BenchmarkServers servers, Effort effort, CancellationToken cancellationToken)
    {
        var events = effort.EventsOr(200_000);
        var environment = await servers.NewEnvironmentAsync();
        var limit = events / RawStream.Add(environment.Redis, environment.Prefix + "limit", events).TotalSeconds;
        await FillAsync(environment, events);

        using var host = BusHost.Publisher(environment);
        var meter = servers.Meter();
        await host.StartAsync(cancellationToken);
        await UntilAsync(async () => await environment.StreamLengthAsync(servers.Redis) > 0, cancellationToken);
        var started = Stopwatch.GetTimestamp();
        var first = await environment.StreamLengthAsync(servers.Redis);
        await UntilAsync(async () => await environment.StreamLengthAsync(servers.Redis) >= events, cancellationToken);
        var rate = (events - first) / Stopwatch.GetElapsedTime(started).TotalSeconds;
        var costs = meter.Read();

        await host.StopAsync(cancellationToken);
        var published = await environment.StreamLengthAsync(servers.Redis);
        var waiting = await environment.CountAsync("SELECT count(*) FROM event_log WHERE entry_id IS NULL");
        await environment.EraseAsync(servers.Redis);
        return new Round
        {
            Reached = rate,
            Limit = limit,
            Events = events,
            Missing = waiting,
            Duplicates = published - events,
            Processes = costs,
        };
    }

    private static Task FillAsync(BenchmarkEnvironment environment, int events) => environment.ExecuteAsync(
        $$"""
        INSERT INTO event_log (event_id, type, aggregate_type, aggregate_id, aggregate_version, schema, envelope, created_at, correlation_id)
        SELECT gen_random_uuid(), '{{Measured.Type}}', 'benchmark', i::text, 1, 1,
            format('{"type":"{{Measured.Type}}","aggregate_id":"%s","aggregate_type":"benchmark","data":{"id":%s,"padding":"%s"},"timestamp":"2026-01-01T00:00:00Z"}',
                i, i, repeat('x', 100)),
            now(), gen_random_uuid()::text
        FROM generate_series(0, {{events - 1}}) AS i;
        ANALYZE event_log
        """);
}
