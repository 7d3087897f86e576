using System.Text.Json;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>The state of monitoring in Redis.</summary>
internal sealed class RedisMonitoringStore(AdminCalls redis, RedisKeys keys, EventCatalog catalog, Topologies topologies) : IMonitoringStore
{
    /// <summary>The maximum number of unread entries that one sample counts, where Redis does not know the lag.</summary>
    private const int MaxCounted = 1000;

    // The states passed to save_sample.lua.
    private const int Resolved = 0;
    private const int Firing = 1;
    private const int StillFiring = 2;

    private readonly List<string> streams = [.. topologies.ChannelsOf(catalog.Types)];

    public async Task<MonitoringState> SampleAsync(SamplerIdentity sampler, CancellationToken cancellationToken)
    {
        var reply = (RedisResult[])(await redis.ScriptAsync(
            Script.Sample,
            [
                keys.Sampler, keys.Alerts, keys.UnpublishedAlerts, keys.Counts, keys.DeadLetters, keys.Retry, keys.Outboxes, keys.Lost,
                .. streams.Select(keys.Stream),
            ],
            [LeaseOf(sampler), (long)sampler.Lease.TotalMilliseconds, MaxCounted, sampler.IsPreferred, ReservedConsumers.AwaitingRetry],
            cancellationToken))!;
        var (state, unreadable) = SampleReply.Read(reply, streams);
        if (state.Lease != LeaseState.Standby && unreadable.Count > 0)
            await redis.CallAsync(database => database.HashDeleteAsync(keys.Alerts, [.. unreadable.Select(name => (RedisValue)name)]), cancellationToken);
        return state;
    }

    public async Task<bool> SaveAsync(SamplerIdentity sampler, MonitoringUpdate update, CancellationToken cancellationToken)
        => (bool)await redis.ScriptAsync(
            Script.SaveSample,
            [keys.Sampler, keys.Alerts, keys.UnpublishedAlerts, keys.Counts, keys.Sample],
            [
                LeaseOf(sampler), JsonSerializer.Serialize(update.Sample, BusSample.JsonTypeInfo), (long)sampler.Lease.TotalMilliseconds,
                update.MaxUnpublished, update.Counts.Count,
                .. update.Counts.SelectMany(count => (RedisValue[])[count.Key, count.Value]),
                .. update.Changes.SelectMany(change => Arguments(change, change.IsResolved ? Resolved : Firing)),
                .. update.Refreshed.SelectMany(alert => Arguments(alert, StillFiring)),
            ],
            cancellationToken);

    public async Task<IReadOnlyList<UnpublishedAlert>> ReadUnpublishedAsync(int max, CancellationToken cancellationToken)
    {
        var changes = await redis.CallAsync(database => database.ListRangeAsync(keys.UnpublishedAlerts, 0, max - 1), cancellationToken);
        return [.. changes.Select(change => new UnpublishedAlert((byte[])change!, SampleReply.ReadAlert(change!)))];
    }

    /// <summary>Removed by value, because another process may have removed it already, and the next one must stay.</summary>
    public Task RemoveUnpublishedAsync(UnpublishedAlert change, CancellationToken cancellationToken)
        => redis.CallAsync(database => database.ListRemoveAsync(keys.UnpublishedAlerts, change.Stored, 1), cancellationToken);

    public async Task<BusSample?> LatestAsync(CancellationToken cancellationToken)
        => await redis.CallAsync(database => database.StringGetAsync(keys.Sample), cancellationToken) is { HasValue: true } json
            ? SampleReply.ReadSample(json!)
            : null;

    /// <summary>The value of the lease; <c>sample.lua</c> checks its suffix.</summary>
    private static string LeaseOf(SamplerIdentity sampler) => sampler.IsPreferred ? $"{sampler.Name} preferred" : sampler.Name;

    private static RedisValue[] Arguments(AlertChanged alert, int state)
        => [$"{alert.Rule} {alert.Subject}", JsonSerializer.Serialize(alert, AlertChanged.JsonTypeInfo), state];
}
