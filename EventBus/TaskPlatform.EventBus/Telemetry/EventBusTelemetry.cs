using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace TaskPlatform.EventBus;

/// <summary>The names of spans and metrics, which follow OpenTelemetry's semantic conventions for messaging where they apply.</summary>
public static class EventBusTelemetry
{
    /// <summary>The activity source and the meter, for <c>AddSource</c> and <c>AddMeter</c>.</summary>
    public const string Name = "TaskPlatform.EventBus";

    internal static readonly ActivitySource Source = new(Name);
    internal static readonly Meter Meter = new(Name);

    internal static readonly Counter<long> SentMessages =
        Meter.CreateCounter<long>("messaging.client.sent.messages", "{message}", "Events added to their stream.");

    internal static readonly Counter<long> ConsumedMessages =
        Meter.CreateCounter<long>("messaging.client.consumed.messages", "{message}", "Events received by a consumer.");

    internal static readonly Histogram<double> ProcessDuration =
        Meter.CreateHistogram<double>("messaging.process.duration", "s", "Duration of handling one event.");

    internal static readonly Histogram<double> OperationDuration =
        Meter.CreateHistogram<double>("messaging.client.operation.duration", "s", "Duration of calls to the transport.");

    internal static readonly Histogram<double> EndToEndDuration =
        Meter.CreateHistogram<double>("eventbus.event.end_to_end.duration", "s", "Time from the event's creation to its ack.");

    internal static readonly Counter<long> Retries =
        Meter.CreateCounter<long>("eventbus.retries", "{message}", "Events scheduled for a retry.");

    internal static readonly Counter<long> DeadLetters =
        Meter.CreateCounter<long>("eventbus.dlq.messages", "{message}", "Events moved to the dead letter queue.");

    internal static readonly Counter<long> Parked =
        Meter.CreateCounter<long>("eventbus.parked", "{event}", "Events of ordered groups that were parked: they failed, or wait for one that failed.");

    internal static readonly Counter<long> InboxDuplicates =
        Meter.CreateCounter<long>("eventbus.inbox.duplicates", "{message}", "Deliveries of events that had been handled before.");

    internal static readonly Counter<long> ReusedIds =
        Meter.CreateCounter<long>("eventbus.inbox.reused_ids", "{message}", "Deliveries skipped although their content differs from that of the handled event with the same id.");

    internal static readonly Counter<long> EntriesLost =
        Meter.CreateCounter<long>("eventbus.entries.lost", "{entry}", "Entries that were removed before their group had handled them.");

    internal static readonly Counter<long> AckFailures =
        Meter.CreateCounter<long>("eventbus.ack.failures", "{call}", "Acks that failed and are repeated.");

    internal static readonly Counter<long> Alerts =
        Meter.CreateCounter<long>("eventbus.alerts", "{alert}", "Alerts that started firing or were resolved.");

    internal static readonly Gauge<double> HeldBack = Meter.CreateGauge<double>(
        "eventbus.stream.held_back.age", "s", "Age of a stream's oldest entry if a group prevents it from being trimmed; otherwise 0.");

    internal static TagList Tags(string system, string stream, string? group = null, string? errorType = null)
    {
        var tags = new TagList { { "messaging.system", system }, { "messaging.destination.name", stream } };
        if (group is not null)
            tags.Add("messaging.consumer.group.name", group);
        if (errorType is not null)
            tags.Add("error.type", errorType);
        return tags;
    }

    /// <summary>Counts received events, grouping consecutive ones of the same stream.</summary>
    internal static void CountReceived(ConsumerGroup group, IReadOnlyList<ReceivedEvent> received)
    {
        if (!ConsumedMessages.Enabled)
            return;

        for (var from = 0; from < received.Count;)
        {
            var (stream, to) = (received[from].Position.Channel, from + 1);
            while (to < received.Count && received[to].Position.Channel == stream)
                to++;
            ConsumedMessages.Add(to - from, Tags(group.MessagingSystem, stream, group.Name));
            from = to;
        }
    }

    internal static TagList OwnTags(string stream, string group, string? reason = null)
    {
        var tags = new TagList { { "stream", stream }, { "group", group } };
        if (reason is not null)
            tags.Add("reason", reason);
        return tags;
    }
}
