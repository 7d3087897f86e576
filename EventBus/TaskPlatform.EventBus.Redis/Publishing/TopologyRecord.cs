using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Keeps the topologies of the logs in a hash.</summary>
internal sealed class TopologyRecord(TransportCalls redis, RedisKeys keys) : ITopologyRecord
{
    public async Task<string> EnterAsync(string service, Topologies topologies, CancellationToken cancellationToken)
        => (string)(await redis.CallAsync(
            database => database.ScriptEvaluateAsync(Script.Topology, [keys.Topology], [service, topologies.Current.Name, topologies.Replaced?.Name ?? ""]),
            cancellationToken))!;
}
