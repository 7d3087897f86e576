using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>
/// Measures the bus and raises alerts. Every process looks; the one that holds the lease in Redis reports. Alerts that fire, and
/// the counts that growth is measured from, are kept in Redis: so every process knows of them, and a new sampler neither tells
/// them again nor misses what came between two terms.
/// </summary>
internal sealed partial class Monitor(
    IConnectionMultiplexer redis, RedisKeys keys, EventCatalog catalog, ConsumerName name, IOptions<AlertOptions> options,
    BusState state, TimeProvider clock, IServiceScopeFactory scopes, ILogger<Monitor> logger) : BackgroundService
{
    private const int MostCounted = 1000;

    private readonly AlertRules rules = new(options.Value);
    private readonly Queue<AlertChanged> untold = new();
    private List<KeyValuePair<string, long>> kept = [];
    private bool elected;

    /// <summary>As <c>sample.lua</c> says it.</summary>
    private enum Standing
    {
        StandsBy,
        NewlyElected,
        Elected,
    }

    /// <summary>One look.</summary>
    /// <returns>The sample, where this process is elected.</returns>
    internal async Task<BusSample?> RunOnceAsync(CancellationToken cancellationToken)
    {
        var streams = catalog.Types.Select(StreamName.Of).ToList();
        var lowest = rules.Lowest.ToList();
        var reply = (RedisResult[])(await redis.GetDatabase().ScriptEvaluateAsync(
            Script.Sample,
            [keys.Sampler, keys.Alerts, keys.Counts, keys.DeadLetters, keys.Retry, keys.Outboxes, keys.Lost, .. streams.Select(keys.Stream)],
            [name.Value, (long)(3 * options.Value.Interval).TotalMilliseconds, MostCounted, .. lowest.Except(kept).SelectMany(Field)])
            .WaitAsync(cancellationToken))!;
        var firing = SampleReply.ReadAlerts(reply[1]);
        state.Alerts = firing;
        var standing = (Standing)(long)reply[0];
        elected = standing != Standing.StandsBy;
        if (!elected)
            return null;

        kept = standing == Standing.Elected ? lowest : [];
        var now = clock.GetUtcNow();
        if (standing == Standing.NewlyElected)
        {
            // What this process could not tell in an earlier term is found again, where it still holds.
            untold.Clear();
            rules.TakeOver(firing, SampleReply.ReadCounts(reply[2]), now);
        }

        var sample = SampleReply.Read(reply, streams);
        foreach (var change in rules.Look(sample, now))
            Note(change);
        await TellAsync(cancellationToken);
        return sample;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.Interval);
        var turn = 0;
        do
        {
            if (!elected && turn++ % 2 == 1)
                continue; // Who only stands by looks half as often.
            try
            {
                SharedGauges.Show(await RunOnceAsync(stoppingToken));
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e)
            {
                SharedGauges.Show(null);
                LogBlind(e.Message);
            }
        }
        while (await TickAsync(timer, stoppingToken));

        SharedGauges.Show(null);
    }

    private static IEnumerable<RedisValue> Field(KeyValuePair<string, long> pair) => [pair.Key, pair.Value];

    private static async Task<bool> TickAsync(PeriodicTimer timer, CancellationToken stoppingToken)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void Note(AlertChanged change)
    {
        EventBusTelemetry.Alerts.Add(1, new KeyValuePair<string, object?>("rule", change.Rule), new("status", change.IsResolved ? "resolved" : "firing"));
        if (change.IsResolved)
            LogResolved(change.Rule, change.Summary);
        else
            LogFiring(change.Rule, change.Summary);
        untold.Enqueue(change);
    }

    /// <summary>
    /// Tells every sink, then keeps the alert: a process that dies in between has the next one tell it again, and never nobody.
    /// A sink that fails is told again at the next look; measuring goes on meanwhile.
    /// </summary>
    private async Task TellAsync(CancellationToken cancellationToken)
    {
        while (untold.TryPeek(out var change))
        {
            try
            {
                await using var scope = scopes.CreateAsyncScope();
                foreach (var sink in scope.ServiceProvider.GetServices<IAlertSink>())
                    await sink.TellAsync(change, cancellationToken);
                await KeepAsync(change, cancellationToken);
                untold.Dequeue();
            }
            catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                LogUntold(change.Rule, e);
                return;
            }
        }
    }

    private async Task KeepAsync(AlertChanged change, CancellationToken cancellationToken)
    {
        var field = $"{change.Rule} {change.Subject}";
        var kept = change.IsResolved
            ? redis.GetDatabase().HashDeleteAsync(keys.Alerts, field)
            : redis.GetDatabase().HashSetAsync(keys.Alerts, field, JsonSerializer.Serialize(change, AlertJson.Default.AlertChanged));
        await kept.WaitAsync(cancellationToken);
    }

    [LoggerMessage(LogLevel.Warning, "Alert {Rule}: {Summary}")]
    private partial void LogFiring(string rule, string summary);

    [LoggerMessage(LogLevel.Information, "Alert {Rule} is over. It was: {Summary}")]
    private partial void LogResolved(string rule, string summary);

    [LoggerMessage(LogLevel.Warning, "The alert {Rule} could not be told; it is tried again.")]
    private partial void LogUntold(string rule, Exception exception);

    [LoggerMessage(LogLevel.Debug, "The bus can't be measured now: {Error}")]
    private partial void LogBlind(string error);
}
