using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>
/// Keeps alerts in Redis, then reports them: to the sinks of this process, and as events by whichever process has the event log.
/// Kept first and only under the lease, so that a takeover in between has one process report them, and not two.
/// </summary>
internal sealed partial class AlertDelivery(
    IConnectionMultiplexer redis, RedisKeys keys, EventCatalog catalog, IServiceScopeFactory scopes, ILogger<AlertDelivery> logger)
{
    // Enough for days; without a limit, a solution whose log never comes back would fill Redis.
    private const int MaxUnpublished = 10_000;
    private const int PageSize = 100;

    // For each sink; the oldest are dropped.
    private const int MaxUnreported = 1_000;

    // As save_alerts.lua reads them.
    private const int Resolved = 0;
    private const int Fires = 1;
    private const int StillFires = 2;

    private readonly Queue<AlertChanged> accepted = new();
    private readonly List<Queue<AlertChanged>> unreported = []; // A queue for each sink: one that fails doesn't make the others receive anything twice.

    /// <summary>Keeps changes, alerts whose text is new, and the counts that growth is measured from, if this process still holds the lease.</summary>
    /// <returns>Whether it does.</returns>
    public async Task<bool> SaveAsync(
        string sampler, IReadOnlyCollection<KeyValuePair<string, long>> counts, IReadOnlyCollection<AlertChanged> changes,
        IReadOnlyCollection<AlertChanged> refreshed, CancellationToken cancellationToken)
    {
        var kept = (bool)await redis.GetDatabase().ScriptEvaluateAsync(
            Script.SaveAlerts,
            [keys.Sampler, keys.Alerts, keys.UnpublishedAlerts, keys.Counts],
            [
                sampler, catalog.Contains<AlertChanged>() ? MaxUnpublished : 0, counts.Count,
                .. counts.SelectMany(count => (RedisValue[])[count.Key, count.Value]),
                .. changes.SelectMany(change => Arguments(change, change.IsResolved ? Resolved : Fires)),
                .. refreshed.SelectMany(alert => Arguments(alert, StillFires)),
            ]).WaitAsync(cancellationToken);
        if (kept)
        {
            foreach (var change in changes)
                Accept(change);
        }

        return kept;
    }

    /// <summary>Logs and counts a change that this process has kept, and has the sinks receive it.</summary>
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
    /// Reports to the sinks what this process has kept, also after it lost the lease: each change once to each sink, in order. A sink that fails
    /// is called again next time, alone.
    /// </summary>
    public async Task ReportAsync(CancellationToken cancellationToken)
    {
        if (accepted.Count == 0 && unreported.TrueForAll(waiting => waiting.Count == 0))
            return;

        await using var scope = scopes.CreateAsyncScope();
        List<IAlertSink> sinks = [.. scope.ServiceProvider.GetServices<IAlertSink>()];
        while (unreported.Count < sinks.Count)
            unreported.Add(new Queue<AlertChanged>());
        while (accepted.TryDequeue(out var change))
        {
            foreach (var waiting in unreported)
            {
                if (waiting.Count == MaxUnreported)
                    waiting.Dequeue();
                waiting.Enqueue(change);
            }
        }

        foreach (var (sink, waiting) in sinks.Zip(unreported))
            await ReportAsync(sink, waiting, cancellationToken);
    }

    /// <summary>Publishes what waits in Redis, whichever process found it, where this process has the event log.</summary>
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

                // By value: another process may have removed it already, and the next one must stay.
                await redis.GetDatabase().ListRemoveAsync(keys.UnpublishedAlerts, change, 1).WaitAsync(cancellationToken);
            }
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            LogNotPublished(e);
        }
    }

    private static RedisValue[] Arguments(AlertChanged alert, int state)
        => [$"{alert.Rule} {alert.Subject}", JsonSerializer.Serialize(alert, AlertJson.Default.AlertChanged), state];

    private async Task ReportAsync(IAlertSink sink, Queue<AlertChanged> waiting, CancellationToken cancellationToken)
    {
        while (waiting.TryPeek(out var change))
        {
            try
            {
                await sink.NotifyAsync(change, cancellationToken);
                waiting.Dequeue();
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

    [LoggerMessage(LogLevel.Information, "Alert {Rule} is over. It was: {Summary}")]
    private partial void LogResolved(string rule, string summary);

    [LoggerMessage(LogLevel.Warning, "The alert {Rule} could not be reported to {Sink}; it is tried again.")]
    private partial void LogNotReported(string rule, string sink, Exception exception);

    [LoggerMessage(LogLevel.Error, "What waits to be published as an alert is none, and is removed: {Text}")]
    private partial void LogUnreadable(string text);

    [LoggerMessage(LogLevel.Warning, "Alerts could not be published as events; it is tried again.")]
    private partial void LogNotPublished(Exception exception);
}
