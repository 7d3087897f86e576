using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace TaskPlatform.EventBus;

/// <summary>Calls a group's handlers, with traces and metrics.</summary>
internal sealed class HandlerInvoker(ConsumerGroup group, ILogger logger)
{
    /// <summary>Creates a watch for the handlers of a batch.</summary>
    public HandlerWatch Watch(CancellationToken cancellationToken) => new(group.Name, logger, cancellationToken);

    /// <summary>Calls a handler.</summary>
    /// <exception cref="HandlerTimeoutException">It exceeded its time limit, whatever exception it threw when it was cancelled.</exception>
    public async Task RunAsync(IServiceProvider scope, WorkItem item, HandlerTimer timer)
    {
        scope.RecordCause(item.Delivery);
        timer.Begin(item.Handler.Name, item.Handler.Timeout);
        try
        {
            await item.Handler.HandleAsync(scope, item.Event.Payload!, Context(item), timer.Token);
        }
        finally
        {
            timer.End();
        }
    }

    /// <summary>Traces and measures the handling of an event.</summary>
    public async Task ObserveAsync(WorkItem item, Func<Task> work)
    {
        using var span = EventSpans.Process(item.Delivery, group, item.Handler.Name);
        item.Event.ProcessContext = span?.Context;
        var started = Stopwatch.GetTimestamp();
        string? error = null;
        try
        {
            await work();
        }
        catch (Exception e)
        {
            error = e.GetType().FullName;
            span.Fail(e);
            throw;
        }
        finally
        {
            if (EventBusTelemetry.ProcessDuration.Enabled)
            {
                EventBusTelemetry.ProcessDuration.Record(
                    Stopwatch.GetElapsedTime(started).TotalSeconds, EventBusTelemetry.Tags(item.Delivery.Stream, group.Name, error));
            }
        }
    }

    private EventContext Context(WorkItem item) => new()
    {
        EventId = item.Delivery.EventId,
        Type = item.Delivery.Envelope!.Type,
        Group = group.Name,
        Handler = item.Handler.Name,
        AggregateId = item.Delivery.Envelope.AggregateId,
        AggregateVersion = item.Delivery.AggregateVersion,
        Timestamp = item.Delivery.Envelope.Timestamp,
        EntryId = item.Delivery.EntryId,
        Attempt = item.Delivery.Attempt,
        CorrelationId = item.Delivery.CorrelationId,
    };
}
