using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>
/// Measures the bus and raises alerts. Every process runs it; the one that holds the lease in Redis reports. A process with consumer
/// groups is preferred and takes the lease over from one without. Firing alerts and the baseline counts are stored in Redis, so that every
/// process knows them, and a new leaseholder neither reports alerts twice nor misses changes between two terms.
/// </summary>
internal sealed partial class Monitor(
    IConnectionMultiplexer redis, RedisKeys keys, EventCatalog catalog, ConsumerName name, IEnumerable<ConsumerGroup> groups, IOptions<AlertOptions> options,
    BusHealth health, TimeProvider clock, AlertDelivery delivery, ILogger<Monitor> logger) : BackgroundService
{
    private const int MaxCounted = 1000;

    private readonly AlertRules rules = new(options.Value);
    private readonly bool isPreferred = groups.Any();
    private readonly SemaphoreSlim evaluationLock = new(1, 1);
    private readonly List<AlertChanged> unsaved = [];
    private List<KeyValuePair<string, long>> savedCounts = [];
    private bool elected;

    /// <summary>The values that <c>sample.lua</c> returns.</summary>
    private enum LeaseState
    {
        Standby,
        NewlyElected,
        Elected,
    }

    /// <summary>The value of the lease; <c>sample.lua</c> checks its suffix.</summary>
    private string Sampler => isPreferred ? $"{name.Value} preferred" : name.Value;

    /// <summary>Runs one evaluation; a concurrent call waits for the current one.</summary>
    /// <returns>The sample, if this process is elected.</returns>
    internal async Task<BusSample?> RunOnceAsync(CancellationToken cancellationToken)
    {
        await evaluationLock.WaitAsync(cancellationToken);
        try
        {
            return await SampleAsync(cancellationToken);
        }
        finally
        {
            evaluationLock.Release();
        }
    }

    public override void Dispose()
    {
        evaluationLock.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.Interval);
        var tick = 0;
        do
        {
            if (!elected && !isPreferred && tick++ % 2 == 1)
                continue; // A standby process evaluates half as often.
            try
            {
                SharedGauges.Update(await RunOnceAsync(stoppingToken));
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e)
            {
                SharedGauges.Update(null);
                LogNotSampled(e.Message);
            }
        }
        while (await TickAsync(timer, stoppingToken));

        SharedGauges.Update(null);
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
        elected = lease != LeaseState.Standby;
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

    /// <summary>Evaluates a sample. If Redis refuses to store the result, the gauges and this process's health are still updated.</summary>
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
            LogNotSaved(e.Message);
            return false;
        }
    }

    /// <summary>Applies the rules; stores alert changes and the texts of firing alerts. After a failure, the next sample stores them.</summary>
    /// <returns>Whether an alert changed.</returns>
    private async Task<bool> EvaluateAsync(BusSample sample, IReadOnlyList<AlertChanged> known, CancellationToken cancellationToken)
    {
        unsaved.AddRange(rules.Evaluate(sample, clock.GetUtcNow()));
        var baseline = rules.Baseline.ToList();
        var changedCounts = baseline.Except(savedCounts).ToList();
        var refreshed = rules.Firing.Except(known).Except(unsaved).ToList();
        if (unsaved.Count == 0 && changedCounts.Count == 0 && refreshed.Count == 0)
            return false;

        elected = await delivery.SaveAsync(Sampler, changedCounts, unsaved, refreshed, cancellationToken);
        savedCounts = elected ? baseline : [];
        if (elected)
            health.Alerts = [.. rules.Firing];
        var changed = elected && unsaved.Count > 0;
        unsaved.Clear();
        return changed;
    }

    /// <summary>Another process is or was elected; it will detect the changes that this one could not store.</summary>
    private void EndTerm(IReadOnlyList<AlertChanged> firing)
    {
        // If only the reply was lost, the change is stored and no other process will report it.
        foreach (var change in unsaved.Where(change => !change.IsResolved && firing.Any(change.IsSame)))
            delivery.Accept(change);
        unsaved.Clear();
        savedCounts = [];
    }

    [LoggerMessage(LogLevel.Error, "Redis refused to store alert changes, so they are not reported yet; storing them is retried: {Error}")]
    private partial void LogNotSaved(string error);

    [LoggerMessage(LogLevel.Debug, "The bus could not be sampled: {Error}")]
    private partial void LogNotSampled(string error);
}
