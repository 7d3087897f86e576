namespace TaskPlatform.EventBus.InMemory;

/// <summary>The transport on an <see cref="InMemoryBroker"/>.</summary>
internal sealed class InMemoryTransport(InMemoryBroker broker, ConsumerName consumer, EventBusOptions options, Topologies topologies) : IEventTransport, IStreamTrimmer, IOutboxReports, ITopologyRecord, IWakeChannel
{
    private TransportCapabilities? capabilities;

    public string System => "in_memory";

    public TransportCapabilities Capabilities
        => capabilities ??= new TransportCapabilities { Probe = new InMemoryEventProbe(broker), Trimmer = this, OutboxReports = this, TopologyRecord = this, WakeChannel = this };

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

    public IReceiver CreateReceiver(ConsumerGroup group, IChannelHandling handling) => new InMemoryReceiver(broker, group, handling, consumer, options);

    public Task TrimAsync(IReadOnlyCollection<string> streams, CancellationToken cancellationToken)
    {
        lock (broker.Gate)
        {
            var limit = EntryId.Before(broker.Clock.GetUtcNow() - options.StreamRetention).Next()!.Value;
            foreach (var stream in streams)
                broker.Find(StreamName.Of(stream))?.Trim(limit);
        }

        return Task.CompletedTask;
    }

    public Task ReportAsync(string service, long waiting, TimeSpan oldestAge, CancellationToken cancellationToken)
    {
        lock (broker.Gate)
            broker.Monitoring.Outboxes[service] = (waiting, broker.Clock.GetUtcNow() - oldestAge);
        return Task.CompletedTask;
    }

    public Task<string> EnterAsync(string service, Topologies topologies, CancellationToken cancellationToken)
    {
        lock (broker.Gate)
        {
            if (broker.Topologies.GetValueOrDefault(service) is not { } recorded || recorded == topologies.Replaced?.Name)
                broker.Topologies[service] = recorded = topologies.Current.Name;
            return Task.FromResult(recorded);
        }
    }

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

    private PublishResult Add(in OutgoingEvent outgoing)
    {
        var stream = broker.StreamNamed(topologies.Current.ChannelOf(outgoing.Type, outgoing.AggregateId));
        return stream.CanAdd
            ? new PublishResult(stream.Add(outgoing.ToFields(), broker.Clock.GetUtcNow()).ToString())
            : new PublishResult(null, new InvalidOperationException($"{stream.Name} has used up its ids."), Refused: true);
    }
}
