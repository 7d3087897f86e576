using System.Diagnostics;

namespace TaskPlatform.EventBus;

/// <summary>The spans of an event, all in the trace of the request that created it. Without a listener or sampling, they cost nothing.</summary>
internal static class EventSpans
{
    /// <summary>The id of the event's entry in its stream.</summary>
    public const string EntryIdTag = "eventbus.entry.id";

    /// <summary>Creating an event: the span whose context is stored in the event.</summary>
    public static Activity? Create(string? system, string stream, Guid eventId)
        => Describe(EventBusTelemetry.Source.StartActivity($"create {stream}", ActivityKind.Producer), system, "create", "create", stream, eventId);

    /// <summary>Adding an event to its stream.</summary>
    public static Activity? Send(string system, string stream, Guid eventId, string? traceParent, string? traceState)
        => ActivityContext.TryParse(traceParent, traceState, isRemote: true, out var created)
            ? Describe(EventBusTelemetry.Source.StartActivity($"send {stream}", ActivityKind.Producer, created), system, "send", "send", stream, eventId)
            : null;

    /// <summary>Handling an event.</summary>
    public static Activity? Process(Delivery delivery, ConsumerGroup group, string handler)
    {
        if (!EventBusTelemetry.Source.HasListeners())
            return null;

        var activity = ActivityContext.TryParse(delivery.TraceParent, delivery.TraceState, isRemote: true, out var created)
            ? EventBusTelemetry.Source.StartActivity($"process {delivery.Stream}", ActivityKind.Consumer, created, links: [new ActivityLink(created)])
            : EventBusTelemetry.Source.StartActivity($"process {delivery.Stream}", ActivityKind.Consumer, default(ActivityContext));
        if (Describe(activity, group.MessagingSystem, "process", "process", delivery.Stream, delivery.EventId, group.Name) is { IsAllDataRequested: true } recorded)
        {
            recorded.AddTag(EntryIdTag, delivery.EntryId)
                .AddTag("eventbus.event.attempt", delivery.Attempt)
                .AddTag("eventbus.event.handler", handler);
        }

        return activity;
    }

    /// <summary>Running a group's dead letter handler.</summary>
    public static Activity? DeadLetter(Delivery delivery, ActivityContext? processContext, ConsumerGroup group)
    {
        ActivityContext.TryParse(delivery.TraceParent, delivery.TraceState, isRemote: true, out var created);
        var activity = EventBusTelemetry.Source.StartActivity(
            $"handle dead letter {delivery.Stream}", ActivityKind.Consumer, processContext ?? created);
        return Describe(activity, group.MessagingSystem, "handle dead letter", "process", delivery.Stream, delivery.EventId, group.Name);
    }

    /// <summary>Handling several events in one transaction: a root span with a link to each event.</summary>
    public static Activity? Batch(IReadOnlyList<WorkItem> items, ConsumerGroup group)
    {
        if (!EventBusTelemetry.Source.HasListeners())
            return null;

        var links = new List<ActivityLink>(items.Count);
        foreach (var delivery in items.Select(item => item.Delivery))
        {
            if (ActivityContext.TryParse(delivery.TraceParent, delivery.TraceState, isRemote: true, out var created)
                && created.TraceFlags.HasFlag(ActivityTraceFlags.Recorded))
                links.Add(new ActivityLink(created));
        }

        return links.Count == 0
            ? null
            : EventBusTelemetry.Source.StartActivity($"process batch {group.Name}", ActivityKind.Consumer, default(ActivityContext), links: links)
                ?.AddTag("messaging.system", group.MessagingSystem)
                .AddTag("messaging.operation.name", "process")
                .AddTag("messaging.operation.type", "process")
                .AddTag("messaging.consumer.group.name", group.Name)
                .AddTag("messaging.batch.message_count", items.Count);
    }

    /// <summary>Settling an event: an ack, a retry, or a move to the dead letter queue.</summary>
    public static void Settled(in Decision decision, string operation, ConsumerGroup group, DateTimeOffset start, DateTimeOffset end)
    {
        var delivery = decision.Delivery;
        if (decision.ProcessContext is not { } parent || !parent.TraceFlags.HasFlag(ActivityTraceFlags.Recorded))
            return;

        using var activity = EventBusTelemetry.Source.StartActivity($"{operation} {delivery.Stream}", ActivityKind.Client, parent, startTime: start);
        Describe(activity, group.MessagingSystem, operation, "settle", delivery.Stream, delivery.EventId, group.Name)
            ?.AddTag(EntryIdTag, delivery.EntryId)
            .SetEndTime(end.UtcDateTime);
    }

    public static void Fail(this Activity? activity, Exception exception)
    {
        activity?.SetStatus(ActivityStatusCode.Error, exception.Message);
        activity?.SetTag("error.type", exception.GetType().FullName);
        activity?.AddException(exception);
    }

    private static Activity? Describe(
        Activity? activity, string? system, string operation, string operationType, string stream, Guid eventId, string? group = null)
    {
        if (activity is not { IsAllDataRequested: true })
            return activity;

        activity
            .SetTag("messaging.system", system) // Without a value, nothing is set.
            .AddTag("messaging.operation.name", operation)
            .AddTag("messaging.operation.type", operationType)
            .AddTag("messaging.operation", operationType) // The Aspire dashboard uses this older attribute to name messaging spans.
            .AddTag("messaging.destination.name", stream)
            .AddTag("messaging.message.id", eventId.ToString());
        return group is null ? activity : activity.AddTag("messaging.consumer.group.name", group);
    }
}
