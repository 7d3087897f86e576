using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace TaskPlatform.EventBus;

/// <summary>Reports stored alert changes: to the sinks of this process, and as events by a process that has the event log.</summary>
internal sealed partial class AlertDelivery(
    EventBusName bus, IMonitoringStore store, Webhook webhook, ApplicationScopes scopes, ILogger<AlertDelivery> logger)
{
    private const int PageSize = 100;

    // Per sink; the oldest changes are dropped.
    private const int MaxUnreported = 1_000;

    private readonly Queue<AlertChanged> accepted = new();

    // One queue per sink, so that one sink's failure does not cause duplicates in the others.
    private readonly List<Queue<AlertChanged>> unreported = [];

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

        Activity.Current = null; // Unlike the monitor's polls, a report may be traced.
        await using var scope = scopes.CreateAsyncScope();
        List<IAlertSink> sinks = [webhook, .. scope.ServiceProvider.GetServices<IAlertSink>()];
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

    /// <summary>Publishes the alert changes stored by any process, if this process has the event log.</summary>
    public async Task PublishAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            if (scope.ServiceProvider.GetKeyedService<IAlertLog>(bus.Value) is not { } log)
                return;

            foreach (var change in await store.ReadUnpublishedAsync(PageSize, cancellationToken))
            {
                Activity.Current = null; // Unlike the monitor's polls, an event starts a trace.
                if (change.Alert is { } alert)
                    await log.AppendAsync(alert, cancellationToken);
                else
                    LogUnreadable(Encoding.UTF8.GetString(change.Stored.Span));
                await store.RemoveUnpublishedAsync(change, cancellationToken);
            }
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            LogNotPublished(e);
        }
    }

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
