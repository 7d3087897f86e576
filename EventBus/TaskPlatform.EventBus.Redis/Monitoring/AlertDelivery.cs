using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>
/// Stores alerts in Redis, then reports them: to the sinks of this process, and as events by a process that has the event log. Storing comes
/// first and requires the lease, so that each change is reported by one process even if the lease is taken over in between.
/// </summary>
internal sealed partial class AlertDelivery(
    IConnectionMultiplexer redis, RedisKeys keys, EventCatalog catalog, IServiceScopeFactory scopes, ILogger<AlertDelivery> logger)
{
    // Enough for days. Without a limit, a log that never recovers would let the list fill Redis.
    private const int MaxUnpublished = 10_000;
    private const int PageSize = 100;

    // Per sink; the oldest changes are dropped.
    private const int MaxUnreported = 1_000;

    // The states passed to save_alerts.lua.
    private const int Resolved = 0;
    private const int Firing = 1;
    private const int StillFiring = 2;

    private readonly Queue<AlertChanged> accepted = new();
    // One queue per sink, so that one sink's failure does not cause duplicates in the others.
    private readonly List<Queue<AlertChanged>> unreported = [];

    /// <summary>Stores alert changes, updated alert texts and the baseline counts, if this process still holds the lease.</summary>
    /// <returns>Whether this process holds the lease.</returns>
    public async Task<bool> SaveAsync(
        string sampler, IReadOnlyCollection<KeyValuePair<string, long>> counts, IReadOnlyCollection<AlertChanged> changes,
        IReadOnlyCollection<AlertChanged> refreshed, CancellationToken cancellationToken)
    {
        var saved = (bool)await redis.GetDatabase().ScriptEvaluateAsync(
            Script.SaveAlerts,
            [keys.Sampler, keys.Alerts, keys.UnpublishedAlerts, keys.Counts],
            [
                sampler, catalog.Contains<AlertChanged>() ? MaxUnpublished : 0, counts.Count,
                .. counts.SelectMany(count => (RedisValue[])[count.Key, count.Value]),
                .. changes.SelectMany(change => Arguments(change, change.IsResolved ? Resolved : Firing)),
                .. refreshed.SelectMany(alert => Arguments(alert, StillFiring)),
            ]).WaitAsync(cancellationToken);
        if (saved)
        {
            foreach (var change in changes)
                Accept(change);
        }

        return saved;
    }

    /// <summary>Logs and counts a stored change, and queues it for the sinks.</summary>
    public void Accept(AlertChanged change)
    {
        EventBusTelemetry.Alerts.Add(1, new KeyValuePair<string, object?>("rule", change.Rule), new("status", change.IsResolved ? "resolved" : "firing"));
        if (change.IsResolved)
            LogResolved(change.Rule, change.Summary);
        else
            LogFiring(change.Rule, change.Summary);
        accepted.Enqueue(change);
    }

    /// <summary>
    /// Reports stored changes to the sinks, even after the lease was lost: each change once per sink, in order. If a sink fails,
    /// only that sink is called again next time.
    /// </summary>
    public async Task ReportAsync(CancellationToken cancellationToken)
    {
        if (accepted.Count == 0 && unreported.TrueForAll(pending => pending.Count == 0))
            return;

        await using var scope = scopes.CreateAsyncScope();
        List<IAlertSink> sinks = [.. scope.ServiceProvider.GetServices<IAlertSink>()];
        while (unreported.Count < sinks.Count)
            unreported.Add(new Queue<AlertChanged>());
        while (accepted.TryDequeue(out var change))
        {
            foreach (var pending in unreported)
            {
                if (pending.Count == MaxUnreported)
                    pending.Dequeue();
                pending.Enqueue(change);
            }
        }

        foreach (var (sink, pending) in sinks.Zip(unreported))
            await ReportAsync(sink, pending, cancellationToken);
    }

    /// <summary>Publishes the alert changes stored in Redis by any process, if this process has the event log.</summary>
    public async Task PublishAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            if (scope.ServiceProvider.GetService<IAlertLog>() is not { } log)
                return;

            foreach (var change in await redis.GetDatabase().ListRangeAsync(keys.UnpublishedAlerts, 0, PageSize - 1).WaitAsync(cancellationToken))
            {
                if (SampleReply.ReadAlert(change!) is { } alert)
                    await log.AppendAsync(alert, cancellationToken);
                else
                    LogUnreadable(change!);

                // Removed by value, because another process may have removed it already, and the next one must stay.
                await redis.GetDatabase().ListRemoveAsync(keys.UnpublishedAlerts, change, 1).WaitAsync(cancellationToken);
            }
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            LogNotPublished(e);
        }
    }

    private static RedisValue[] Arguments(AlertChanged alert, int state)
        => [$"{alert.Rule} {alert.Subject}", JsonSerializer.Serialize(alert, AlertChanged.JsonTypeInfo), state];

    private async Task ReportAsync(IAlertSink sink, Queue<AlertChanged> pending, CancellationToken cancellationToken)
    {
        while (pending.TryPeek(out var change))
        {
            try
            {
                await sink.NotifyAsync(change, cancellationToken);
                pending.Dequeue();
            }
            catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                LogNotReported(change.Rule, sink.GetType().Name, e);
                return;
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Alert {Rule}: {Summary}")]
    private partial void LogFiring(string rule, string summary);

    [LoggerMessage(LogLevel.Information, "Alert {Rule} is resolved: {Summary}")]
    private partial void LogResolved(string rule, string summary);

    [LoggerMessage(LogLevel.Warning, "Alert {Rule} could not be reported to {Sink}; it is retried.")]
    private partial void LogNotReported(string rule, string sink, Exception exception);

    [LoggerMessage(LogLevel.Error, "An unreadable alert change was removed from the list of changes to publish: {Text}")]
    private partial void LogUnreadable(string text);

    [LoggerMessage(LogLevel.Warning, "Alerts could not be published as events; it is retried.")]
    private partial void LogNotPublished(Exception exception);
}
