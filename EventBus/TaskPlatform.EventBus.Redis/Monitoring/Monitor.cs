using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>
/// Measures the bus and raises alerts. Every process evaluates; the one that holds the lease in Redis reports. A process with consumer
/// groups is preferred: it takes the lease over from one without. Alerts that fire, and the counts that growth is measured from, are
/// kept in Redis: so every process knows of them, and a new sampler neither reports them again nor misses what came between two terms.
/// </summary>
internal sealed partial class Monitor(
    IConnectionMultiplexer redis, RedisKeys keys, EventCatalog catalog, ConsumerName name, IEnumerable<ConsumerGroup> groups, IOptions<AlertOptions> options,
    BusHealth health, TimeProvider clock, AlertDelivery delivery, ILogger<Monitor> logger) : BackgroundService
{
    private const int MaxCounted = 1000;

    private readonly AlertRules rules = new(options.Value);
    private readonly bool isPreferred = groups.Any();
    private readonly SemaphoreSlim evaluating = new(1, 1);
    private readonly List<AlertChanged> found = [];
    private List<KeyValuePair<string, long>> kept = [];
    private bool elected;

    /// <summary>As <c>sample.lua</c> returns it.</summary>
    private enum LeaseState
    {
        StandsBy,
        NewlyElected,
        Elected,
    }

    /// <summary>The value of the lease; <c>sample.lua</c> reads the ending.</summary>
    private string Sampler => isPreferred ? $"{name.Value} preferred" : name.Value;

    /// <summary>One evaluation; a concurrent call waits for the one that runs.</summary>
    /// <returns>The sample, where this process is elected.</returns>
    internal async Task<BusSample?> RunOnceAsync(CancellationToken cancellationToken)
    {
        await evaluating.WaitAsync(cancellationToken);
        try
        {
            return await SampleAsync(cancellationToken);
        }
        finally
        {
            evaluating.Release();
        }
    }

    public override void Dispose()
    {
        evaluating.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.Interval);
        var turn = 0;
        do
        {
            if (!elected && !isPreferred && turn++ % 2 == 1)
                continue; // A process that only stands by evaluates half as often.
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

    private async Task<BusSample?> SampleAsync(CancellationToken cancellationToken)
    {
        var streams = catalog.Types.Select(StreamName.Of).ToList();
        var reply = (RedisResult[])(await redis.GetDatabase().ScriptEvaluateAsync(
            Script.Sample,
            [
                keys.Sampler, keys.Alerts, keys.UnpublishedAlerts, keys.Counts, keys.DeadLetters, keys.Retry, keys.Outboxes, keys.Lost,
                .. streams.Select(keys.Stream),
            ],
            [Sampler, (long)(3 * options.Value.Interval).TotalMilliseconds, MaxCounted, isPreferred, ReservedConsumers.AwaitingRetry])
            .WaitAsync(cancellationToken))!;
        var (firing, unreadable) = SampleReply.ReadAlerts(reply[1]);
        health.Alerts = firing;
        var lease = (LeaseState)(long)reply[0];
        elected = lease != LeaseState.StandsBy;
        if (lease != LeaseState.Elected)
            EndTerm(firing);
        if (lease == LeaseState.NewlyElected)
            rules.TakeOver(firing, SampleReply.ReadCounts(reply[3]), clock.GetUtcNow());

        var sample = elected ? SampleReply.Read(reply, streams) : null;
        if (elected && unreadable.Count > 0)
            await redis.GetDatabase().HashDeleteAsync(keys.Alerts, [.. unreadable.Select(name => (RedisValue)name)]).WaitAsync(cancellationToken);
        var published = sample is not null && await TryEvaluateAsync(sample, firing, cancellationToken);
        await delivery.ReportAsync(cancellationToken);
        if (published || (long)reply[2] > 0)
            await delivery.PublishAsync(cancellationToken);
        return elected ? sample : null;
    }

    /// <summary>Evaluates a sample. Where Redis refuses to keep what was found, the sample is shown all the same, and what fires.</summary>
    /// <returns>Whether an alert changed.</returns>
    private async Task<bool> TryEvaluateAsync(BusSample sample, IReadOnlyList<AlertChanged> known, CancellationToken cancellationToken)
    {
        try
        {
            return await EvaluateAsync(sample, known, cancellationToken);
        }
        catch (RedisServerException e)
        {
            health.Alerts = [.. rules.Firing];
            LogNotKept(e.Message);
            return false;
        }
    }

    /// <summary>Applies the rules, and keeps what changed, and the texts of what fires. What could not be kept for a failure is kept with the next sample.</summary>
    /// <returns>Whether an alert changed.</returns>
    private async Task<bool> EvaluateAsync(BusSample sample, IReadOnlyList<AlertChanged> known, CancellationToken cancellationToken)
    {
        found.AddRange(rules.Evaluate(sample, clock.GetUtcNow()));
        var baseline = rules.Baseline.ToList();
        var moved = baseline.Except(kept).ToList();
        var refreshed = rules.Firing.Except(known).Except(found).ToList();
        if (found.Count == 0 && moved.Count == 0 && refreshed.Count == 0)
            return false;

        elected = await delivery.SaveAsync(Sampler, moved, found, refreshed, cancellationToken);
        kept = elected ? baseline : [];
        if (elected)
            health.Alerts = [.. rules.Firing];
        var changed = elected && found.Count > 0;
        found.Clear();
        return changed;
    }

    /// <summary>Another process is elected now, or was in between: it finds again what this one could not keep.</summary>
    private void EndTerm(IReadOnlyList<AlertChanged> firing)
    {
        // Kept all the same where only the answer was lost, and then no other process reports it.
        foreach (var change in found.Where(change => !change.IsResolved && firing.Any(change.IsSame)))
            delivery.Accept(change);
        found.Clear();
        kept = [];
    }

    [LoggerMessage(LogLevel.Error, "Redis refuses to keep which alerts fire, so none is reported; it is tried again: {Error}")]
    private partial void LogNotKept(string error);

    [LoggerMessage(LogLevel.Debug, "The bus can't be measured now: {Error}")]
    private partial void LogBlind(string error);
}
