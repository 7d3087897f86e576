using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TaskPlatform.EventBus.PostgreSql;

namespace TaskPlatform.EventBus.Benchmarks.Scenarios;

/// <summary>Publishes a state row and its event in one transaction, from many writers, until the last event is in the stream.</summary>
internal sealed class Publish : Scenario
{
    private const int Writers = 16;

    public override string Name => "A";

    public override string Title => $"transactional publish, {Writers} writers";

    public override string LimitTitle => "single-row commits";

    public override string Goal => "≥ 0.5 × limit";

    public override bool IsReached(Round median) => median.Ratio >= 0.5;

    public override async Task<Round> RunAsync(BenchmarkServers servers, Effort effort, CancellationToken cancellationToken)
    {
        var environment = await servers.NewEnvironmentAsync();
        var limit = await RawInserts.SinglesAsync(environment, Writers, effort.Time);
        await environment.ExecuteAsync("TRUNCATE state");
        using var host = BusHost.Publisher(environment);
        await host.StartAsync(cancellationToken);
        await WriteAsync(host.Services, first: 1_000_000, TimeSpan.FromSeconds(0.3), cancellationToken); // Elects the dispatcher, opens connections.
        await UntilAsync(async () => await environment.CountAsync("SELECT count(*) FROM event_log WHERE entry_id IS NULL") == 0, cancellationToken);
        var before = await environment.StreamLengthAsync(servers.Redis);

        var meter = servers.Meter();
        var started = Stopwatch.GetTimestamp();
        var written = await WriteAsync(host.Services, first: 1, effort.Time, cancellationToken);
        await UntilAsync(async () => await environment.StreamLengthAsync(servers.Redis) >= before + written, cancellationToken);
        var rate = written / Stopwatch.GetElapsedTime(started).TotalSeconds;
        var costs = meter.Read();

        await host.StopAsync(cancellationToken);
        var published = await environment.StreamLengthAsync(servers.Redis) - before;
        var waiting = await environment.CountAsync("SELECT count(*) FROM event_log WHERE entry_id IS NULL");
        await environment.ExecuteAsync("TRUNCATE state");
        var limitAfter = await RawInserts.SinglesAsync(environment, Writers, effort.Time);
        await environment.EraseAsync(servers.Redis);
        return new Round
        {
            Reached = rate,
            Limit = (limit + limitAfter) / 2,
            Events = written,
            Missing = waiting,
            Duplicates = published - written,
            Processes = costs,
        };
    }

    private static async Task<int> WriteAsync(IServiceProvider services, int first, TimeSpan time, CancellationToken cancellationToken)
    {
        var next = first - 1;
        var padding = Measured.PaddingFor(Measured.Bytes);
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async _ =>
        {
            while (Stopwatch.GetElapsedTime(started) < time)
            {
                await using var scope = services.CreateAsyncScope();
                var db = scope.ServiceProvider.GetRequiredService<BenchmarkDb>();
                var id = Interlocked.Increment(ref next);
                db.States.Add(new StateRow { Id = id, Text = "the state changed by the event" });
                db.Publish(new Measured(id, padding));
                await db.SaveChangesAsync(cancellationToken);
            }
        }));
        return next - first + 1;
    }
}
