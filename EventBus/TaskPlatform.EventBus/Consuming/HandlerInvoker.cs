using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace TaskPlatform.EventBus;

/// <summary>Calls a group's handlers, with traces and metrics.</summary>
internal sealed class HandlerInvoker(ConsumerGroup group, EventBusOptions options, ILogger logger)
{
    /// <summary>Creates a watch for the handlers of a batch.</summary>
    public HandlerWatch Watch(CancellationToken cancellationToken) => new(group.Name, logger, cancellationToken);

    /// <summary>Calls the handler of a delivery.</summary>
    /// <exception cref="HandlerTimeoutException">It exceeded its time limit, whatever exception it threw when it was cancelled.</exception>
    public async Task RunAsync(IServiceProvider scope, Delivery delivery, HandlerTimer timer)
    {
        scope.RecordCause(delivery);
        var subscription = group.Find(delivery.Envelope!.Type)!;
        timer.Begin(subscription.HandlerName, subscription.Timeout ?? options.HandlerTimeout);
        try
        {
            await subscription.HandleAsync(scope, delivery.Payload!, Context(delivery), timer.Token);
        }
        finally
        {
            timer.End();
        }
    }

    /// <summary>Traces and measures the handling of a delivery.</summary>
    public async Task ObserveAsync(Delivery delivery, Func<Task> work)
    {
        using var span = EventSpans.Process(delivery, group);
        delivery.ProcessContext = span?.Context;
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
                    Stopwatch.GetElapsedTime(started).TotalSeconds, EventBusTelemetry.Tags(group.MessagingSystem, delivery.Stream, group.Name, error));
            }
        }
    }

    private EventContext Context(Delivery delivery) => new()
    {
        EventId = delivery.EventId,
        Type = delivery.Envelope!.Type,
        Group = group.Name,
        AggregateId = delivery.Envelope.AggregateId,
        AggregateVersion = delivery.AggregateVersion,
        Timestamp = delivery.Envelope.Timestamp,
        EntryId = delivery.EntryId,
        Attempt = delivery.Attempt,
        CorrelationId = delivery.CorrelationId,
    };
}
