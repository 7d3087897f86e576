using System.Text;

namespace TaskPlatform.EventBus.InMemory;

/// <summary>The transport on an <see cref="InMemoryBroker"/>.</summary>
internal sealed class InMemoryTransport(InMemoryBroker broker, ConsumerName consumer, EventBusOptions options) : IEventTransport
{
    public string? Problem => null;

    public Task<IReadOnlyList<PublishResult>> PublishAsync(IReadOnlyList<OutgoingEvent> events, CancellationToken cancellationToken)
    {
        var results = new PublishResult[events.Count];
        lock (broker.Gate)
        {
            for (var i = 0; i < results.Length; i++)
                results[i] = Add(events[i]);
            broker.Pulse();
        }

        return Task.FromResult<IReadOnlyList<PublishResult>>(results);
    }

    public IReceiver CreateReceiver(ConsumerGroup group) => new InMemoryReceiver(broker, group, consumer, options);

    public Task<IReadOnlyList<PublishedEntry>> ReadNewestAsync(string eventType, int count, CancellationToken cancellationToken)
    {
        lock (broker.Gate)
        {
            var entries = broker.Find(StreamName.Of(eventType))?.Entries ?? [];
            var newest = entries.Skip(entries.Count - count).Reverse().Select(Published).OfType<PublishedEntry>();
            return Task.FromResult<IReadOnlyList<PublishedEntry>>([.. newest]);
        }
    }

    public Task<TransportState> ProbeAsync(IReadOnlyList<(string EventType, string EntryId)> entries, CancellationToken cancellationToken)
    {
        lock (broker.Gate)
        {
            return Task.FromResult(new TransportState(broker.Run,
                [.. entries.Select(entry => EntryId.TryParse(entry.EntryId, out var id) && broker.Find(StreamName.Of(entry.EventType))?.Find(id) is not null)]));
        }
    }

    /// <summary>Nothing but trimming removes an entry from a broker.</summary>
    public Task<StreamReadings> MeasureAsync(IReadOnlyCollection<string> eventTypes, CancellationToken cancellationToken)
    {
        lock (broker.Gate)
        {
            return Task.FromResult(new StreamReadings(broker.Clock.GetUtcNow(), [.. eventTypes.Select(type =>
            {
                var stream = broker.Find(StreamName.Of(type));
                return new StreamReading(type, stream is not null, Removed: 0,
                    [.. (stream?.Groups ?? []).Select(group => new GroupReading(group.Key, group.Value.Since, group.Value.LastDelivered))]);
            })]));
        }
    }

    public Task<LostEntries> FindLostAsync(string eventType, DateTimeOffset since, CancellationToken cancellationToken)
        => Task.FromResult(new LostEntries([], []));

    public Task ClearLostAsync(string eventType, IReadOnlyCollection<string> entryIds, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task ReportLostAsync(string eventType, string group, int count, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task TrimAsync(IReadOnlyCollection<string> eventTypes, CancellationToken cancellationToken)
    {
        lock (broker.Gate)
        {
            var limit = EntryId.Before(broker.Clock.GetUtcNow() - options.StreamRetention).Next()!.Value;
            foreach (var type in eventTypes)
                broker.Find(StreamName.Of(type))?.Trim(limit);
        }

        return Task.CompletedTask;
    }

    /// <summary>No process measures the logs of all services here.</summary>
    public Task ReportOutboxAsync(string service, long waiting, TimeSpan oldestAge, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task WakeAsync(string service, CancellationToken cancellationToken)
    {
        broker.Wake(service);
        return Task.CompletedTask;
    }

    public Task OnWakeAsync(string service, Action wake, CancellationToken cancellationToken)
    {
        broker.OnWake(service, wake);
        return Task.CompletedTask;
    }

    /// <summary>Null for an entry that targets one group, or that has no event id.</summary>
    private static PublishedEntry? Published(StreamItem item)
    {
        var fields = item.Fields.ToLookup(field => field.Name, field => Encoding.UTF8.GetString(field.Value.Span), StringComparer.Ordinal);
        return !fields.Contains(EntryFields.TargetGroup) && Guid.TryParse(fields[EntryFields.EventId].LastOrDefault(), out var eventId)
            ? new PublishedEntry(item.Id.ToString(), eventId, PublishedEntry.HashOf(fields[EntryFields.Data].LastOrDefault() ?? ""))
            : null;
    }

    private PublishResult Add(in OutgoingEvent outgoing)
    {
        var stream = broker.Stream(outgoing.Type);
        return stream.CanAdd
            ? new PublishResult(stream.Add(outgoing.ToFields(), broker.Clock.GetUtcNow()).ToString())
            : new PublishResult(null, new InvalidOperationException($"{stream.Name} has used up its ids."), Refused: true);
    }
}
