using System.Text.Json;

namespace TaskPlatform.EventBus.InMemory;

/// <summary>The state of monitoring in an <see cref="InMemoryBroker"/>.</summary>
internal sealed class InMemoryMonitoringStore(InMemoryBroker broker, EventCatalog catalog, Topologies topologies) : IMonitoringStore
{
    private DateTimeOffset Now => broker.Clock.GetUtcNow();

    public Task<MonitoringState> SampleAsync(SamplerIdentity sampler, CancellationToken cancellationToken)
    {
        lock (broker.Gate)
        {
            var shared = broker.Monitoring;
            var lease = shared.Acquire(sampler, Now);
            return Task.FromResult(new MonitoringState(
                lease,
                [.. shared.Alerts.Values],
                shared.Unpublished.Count,
                lease == LeaseState.Standby ? null : Measure(),
                lease == LeaseState.NewlyElected ? [.. shared.Counts] : []));
        }
    }

    public Task<bool> SaveAsync(SamplerIdentity sampler, MonitoringUpdate update, CancellationToken cancellationToken)
    {
        lock (broker.Gate)
            return Task.FromResult(broker.Monitoring.TrySave(sampler, update, Now));
    }

    public Task<IReadOnlyList<UnpublishedAlert>> ReadUnpublishedAsync(int max, CancellationToken cancellationToken)
    {
        lock (broker.Gate)
            return Task.FromResult<IReadOnlyList<UnpublishedAlert>>([.. broker.Monitoring.Unpublished.Take(max).Select(ToUnpublished)]);
    }

    public Task RemoveUnpublishedAsync(UnpublishedAlert change, CancellationToken cancellationToken)
    {
        lock (broker.Gate)
            broker.Monitoring.Unpublished.Remove(change.Alert!);
        return Task.CompletedTask;
    }

    public Task<BusSample?> LatestAsync(CancellationToken cancellationToken)
    {
        lock (broker.Gate)
            return Task.FromResult(broker.Monitoring.LatestAt(Now));
    }

    private static UnpublishedAlert ToUnpublished(AlertChanged alert)
        => new(JsonSerializer.SerializeToUtf8Bytes(alert, AlertChanged.JsonTypeInfo), alert);

    private BusSample Measure() => new(
        Now,
        broker.DeadLetters.Count,
        broker.DeadLetters.All.FirstOrDefault() is { } oldest ? AgeOf(oldest.Id) : TimeSpan.Zero,
        broker.ScheduledRetries,
        [.. topologies.ChannelsOf(catalog.Types).Select(Measure)],
        [.. broker.Monitoring.Outboxes.Select(outbox => new OutboxSample(
            outbox.Key, outbox.Value.Waiting, outbox.Value.Waiting == 0 ? TimeSpan.Zero : Now - outbox.Value.Oldest))],
        Lost: []);

    private StreamSample Measure(string name)
    {
        if (broker.Find(name) is not { } stream)
            return new StreamSample(name, 0, []);
        var ahead = stream.LastId.Time - Now;
        return new StreamSample(
            name, stream.Entries.Count, [.. stream.Groups.Select(group => Measure(stream, group.Key, group.Value))],
            ahead > TimeSpan.Zero ? ahead : TimeSpan.Zero, IdsExhausted: !stream.CanAdd);
    }

    private GroupSample Measure(EventStream stream, string name, StreamGroup group)
    {
        var unread = stream.IndexAfter(group.LastDelivered);
        return new GroupSample(
            name, group.Lag, LagIsLowerBound: false, unread < stream.Entries.Count ? AgeOf(stream.Entries[unread].Id) : TimeSpan.Zero,
            group.Pending.Count, group.OldestIdle(broker.Clock), group.Consumers.Count);
    }

    private TimeSpan AgeOf(EntryId id) => Now - id.Time is { Ticks: > 0 } age ? age : TimeSpan.Zero;
}
