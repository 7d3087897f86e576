using TaskPlatform.EventBus;

namespace TaskPlatform.Tests.EventBus;

/// <summary>The transport of a busy service: an action runs whenever a page is sent.</summary>
internal sealed class BusyTransport(IEventTransport transport, Func<Task> happen) : IEventTransport
{
    public string? Problem => transport.Problem;

    public async Task<IReadOnlyList<PublishResult>> PublishAsync(IReadOnlyList<OutgoingEvent> events, CancellationToken cancellationToken)
    {
        await happen();
        return await transport.PublishAsync(events, cancellationToken);
    }

    public IReceiver CreateReceiver(ConsumerGroup group) => transport.CreateReceiver(group);

    public Task<IReadOnlyList<PublishedEntry>> ReadNewestAsync(string eventType, int count, CancellationToken cancellationToken)
        => transport.ReadNewestAsync(eventType, count, cancellationToken);

    public Task<TransportState> ProbeAsync(IReadOnlyList<(string EventType, string EntryId)> entries, CancellationToken cancellationToken)
        => transport.ProbeAsync(entries, cancellationToken);

    public Task<StreamReadings> MeasureAsync(IReadOnlyCollection<string> eventTypes, CancellationToken cancellationToken)
        => transport.MeasureAsync(eventTypes, cancellationToken);

    public Task<LostEntries> FindLostAsync(string eventType, DateTimeOffset since, CancellationToken cancellationToken)
        => transport.FindLostAsync(eventType, since, cancellationToken);

    public Task ClearLostAsync(string eventType, IReadOnlyCollection<string> entryIds, CancellationToken cancellationToken)
        => transport.ClearLostAsync(eventType, entryIds, cancellationToken);

    public Task ReportLostAsync(string eventType, string group, int count, CancellationToken cancellationToken)
        => transport.ReportLostAsync(eventType, group, count, cancellationToken);

    public Task TrimAsync(IReadOnlyCollection<string> eventTypes, CancellationToken cancellationToken) => transport.TrimAsync(eventTypes, cancellationToken);

    public Task ReportOutboxAsync(string service, long waiting, TimeSpan oldestAge, CancellationToken cancellationToken)
        => transport.ReportOutboxAsync(service, waiting, oldestAge, cancellationToken);

    public Task WakeAsync(string service, CancellationToken cancellationToken) => transport.WakeAsync(service, cancellationToken);

    public Task OnWakeAsync(string service, Action wake, CancellationToken cancellationToken) => transport.OnWakeAsync(service, wake, cancellationToken);
}
