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

    private readonly Queue<AlertChanged> unreported = new();

    /// <summary>Keeps changes and the counts that growth is measured from, if this process still holds the lease.</summary>
    /// <returns>Whether it does.</returns>
    public async Task<bool> KeepAsync(
        string sampler, IReadOnlyCollection<KeyValuePair<string, long>> counts, IReadOnlyCollection<AlertChanged> changes, CancellationToken cancellationToken)
    {
        var kept = (bool)await redis.GetDatabase().ScriptEvaluateAsync(
            Script.KeepAlerts,
            [keys.Sampler, keys.Alerts, keys.UnpublishedAlerts, keys.Counts],
            [
                sampler, catalog.Contains<AlertChanged>() ? MaxUnpublished : 0, counts.Count,
                .. counts.SelectMany(count => (RedisValue[])[count.Key, count.Value]),
                .. changes.SelectMany(change => (RedisValue[])
                    [$"{change.Rule} {change.Subject}", JsonSerializer.Serialize(change, AlertJson.Default.AlertChanged), !change.IsResolved]),
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
        unreported.Enqueue(change);
    }

    /// <summary>Reports to the sinks what this process has kept, also after it lost the lease. A sink that fails is called again next time.</summary>
    public async Task ReportAsync(CancellationToken cancellationToken)
    {
        while (unreported.TryPeek(out var change))
        {
            try
            {
                await using var scope = scopes.CreateAsyncScope();
                foreach (var sink in scope.ServiceProvider.GetServices<IAlertSink>())
                    await sink.TellAsync(change, cancellationToken);
                unreported.Dequeue();
            }
            catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                LogNotReported(change.Rule, e);
                return;
            }
        }
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
                await log.AppendAsync(JsonSerializer.Deserialize((string)change!, AlertJson.Default.AlertChanged)!, cancellationToken);

                // By value: another process may have removed it already, and the next one must stay.
                await redis.GetDatabase().ListRemoveAsync(keys.UnpublishedAlerts, change, 1).WaitAsync(cancellationToken);
            }
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            LogNotPublished(e);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Alert {Rule}: {Summary}")]
    private partial void LogFiring(string rule, string summary);

    [LoggerMessage(LogLevel.Information, "Alert {Rule} is over. It was: {Summary}")]
    private partial void LogResolved(string rule, string summary);

    [LoggerMessage(LogLevel.Warning, "The alert {Rule} could not be reported; it is tried again.")]
    private partial void LogNotReported(string rule, Exception exception);

    [LoggerMessage(LogLevel.Warning, "Alerts could not be published as events; it is tried again.")]
    private partial void LogNotPublished(Exception exception);
}
