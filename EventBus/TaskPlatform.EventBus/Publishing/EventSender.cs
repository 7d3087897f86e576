using System.Diagnostics;

namespace TaskPlatform.EventBus;

/// <summary>Sends events through the transport, with the spans and metrics that are the same for every transport. Stores publish through it.</summary>
/// <param name="transport">The transport.</param>
/// <param name="topologies">The topology, for the names of channels.</param>
public sealed class EventSender(IEventTransport transport, Topologies topologies)
{
    /// <summary>The transport.</summary>
    public IEventTransport Transport => transport;

    /// <summary>Publishes events, as <see cref="IEventTransport.PublishAsync"/> does.</summary>
    /// <returns>The result for each event, in the order of <paramref name="events"/>.</returns>
    public async Task<IReadOnlyList<PublishResult>> SendAsync(IReadOnlyList<OutgoingEvent> events, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(events);
        var started = Stopwatch.GetTimestamp();
        var spans = Start(events);
        IReadOnlyList<PublishResult> results;
        try
        {
            results = await transport.PublishAsync(events, cancellationToken);
        }
        catch (Exception e)
        {
            foreach (var span in spans)
            {
                span.Fail(e);
                span?.Dispose();
            }

            throw;
        }

        End(spans, results);
        Count(events, results);
        EventBusTelemetry.OperationDuration.Record(
            Stopwatch.GetElapsedTime(started).TotalSeconds,
            new TagList { { "messaging.system", transport.System }, { "messaging.operation.name", "send" } });
        return results;
    }

    /// <summary>The events' spans, which overlap but are not nested; none if nothing listens.</summary>
    private Activity?[] Start(IReadOnlyList<OutgoingEvent> events)
    {
        if (!EventBusTelemetry.Source.HasListeners())
            return [];

        var spans = new Activity?[events.Count];
        var ambient = Activity.Current;
        for (var i = 0; i < spans.Length; i++)
        {
            var outgoing = events[i];
            spans[i] = EventSpans.Send(transport.System, ChannelOf(outgoing), outgoing.EventId, outgoing.TraceParent, outgoing.TraceState);
            Activity.Current = ambient;
        }

        return spans;
    }

    private static void End(Activity?[] spans, IReadOnlyList<PublishResult> results)
    {
        for (var i = 0; i < spans.Length; i++)
        {
            if (spans[i] is not { } span)
                continue;
            if (results[i].Error is { } error)
                span.Fail(error);
            else
                span.SetTag(EventSpans.EntryIdTag, results[i].EntryId);
            span.Dispose();
        }
    }

    /// <summary>Counts sent events, grouping consecutive ones with the same stream and outcome.</summary>
    private void Count(IReadOnlyList<OutgoingEvent> events, IReadOnlyList<PublishResult> results)
    {
        if (!EventBusTelemetry.SentMessages.Enabled)
            return;

        for (var from = 0; from < results.Count;)
        {
            var to = from + 1;
            while (to < results.Count && ChannelOf(events[to]) == ChannelOf(events[from]) && results[to].Error?.GetType() == results[from].Error?.GetType())
                to++;
            EventBusTelemetry.SentMessages.Add(
                to - from, EventBusTelemetry.Tags(transport.System, ChannelOf(events[from]), errorType: results[from].Error?.GetType().FullName));
            from = to;
        }
    }

    private string ChannelOf(in OutgoingEvent outgoing) => topologies.Current.ChannelOf(outgoing.Type, outgoing.AggregateId);
}
