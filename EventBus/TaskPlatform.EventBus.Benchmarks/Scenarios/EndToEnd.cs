using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TaskPlatform.EventBus.PostgreSql;

namespace TaskPlatform.EventBus.Benchmarks.Scenarios;

/// <summary>The time from the commit of an event to the commit of its effect, at a rate low enough for everything to become idle.</summary>
internal sealed class EndToEnd(string name, int types) : Scenario
{
    private const double Rate = 200;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(0.5);

    public override string Name => name;

    public override string Title => types == 1
        ? $"commit → effect committed, {Rate:N0} /s"
        : $"the same with {types} event types in one consumer";

    public override string LimitTitle => "raw XADD, blocking read and the two rows";

    public override string Goal => "p50 ≤ 2 ms, p99 ≤ 8 ms, p99.9 ≤ 25 ms";

    public override string Unit => "ms (p50)";

    public override bool IsReached(Round median) => median.Latency is { P50: <= 2, P99: <= 8, P999: <= 25 };

    public override async Task<Round> RunAsync(BenchmarkServers servers, Effort effort, CancellationToken cancellationToken)
    {
        var environment = await servers.NewEnvironmentAsync();
        var limit = await RawEndToEnd.RunAsync(environment, Rate, effort.Time, cancellationToken);
        await environment.ExecuteAsync("TRUNCATE state, inbox, effect");

        var warmUps = (int)(Rate * WarmUp.TotalSeconds);
        var events = (int)(Rate * effort.Seconds);
        var times = new CommitTimes(warmUps + events);
        using var publisher = BusHost.Publisher(environment);
        using var consumer = BusHost.Build(environment, options: null, times.WatchEffects, bus => KindSubscription.AddTo(bus, types));
        await consumer.StartAsync(cancellationToken);
        await publisher.StartAsync(cancellationToken);
        await PublishAsync(publisher.Services, times, 0, warmUps, cancellationToken);
        var meter = servers.Meter();
        await PublishAsync(publisher.Services, times, warmUps, events, cancellationToken);
        await times.Done.WaitAsync(cancellationToken);
        var costs = meter.Read();

        await consumer.StopAsync(cancellationToken);
        await publisher.StopAsync(cancellationToken);
        var latency = Latency.Of(times.Milliseconds.Skip(warmUps));
        var effects = await environment.CountAsync("SELECT count(*) FROM effect");
        var distinct = await environment.CountAsync("SELECT count(DISTINCT measured_id) FROM effect");
        await environment.EraseAsync(servers.Redis);
        return new Round
        {
            Reached = latency!.P50,
            Limit = limit!.P50,
            Latency = latency,
            LimitLatency = limit,
            Events = warmUps + events,
            Missing = warmUps + events - distinct,
            Duplicates = effects - distinct,
            Processes = costs,
        };
    }

    private async Task PublishAsync(IServiceProvider services, CommitTimes times, int first, int count, CancellationToken cancellationToken)
    {
        var publishing = new List<Task>();
        var padding = Measured.PaddingFor(Measured.Bytes);
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < count; i++)
        {
            var wait = TimeSpan.FromSeconds(i / Rate) - Stopwatch.GetElapsedTime(started);
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait, cancellationToken);
            publishing.Add(PublishOneAsync(first + i));
        }

        await Task.WhenAll(publishing);

        async Task PublishOneAsync(int id)
        {
            await using var scope = services.CreateAsyncScope();
            var db = scope.ServiceProvider.GetRequiredService<BenchmarkDb>();
            db.States.Add(new StateRow { Id = id, Text = "the state changed by the event" });
            db.Add(KindSubscription.Row(id, id % types, padding));
            await db.SaveChangesAsync(cancellationToken);
            times.Published(id);
        }
    }
}
