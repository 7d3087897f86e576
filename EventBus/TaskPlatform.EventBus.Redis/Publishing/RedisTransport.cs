using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Adds committed events to their streams.</summary>
internal sealed class RedisTransport : IEventTransport
{
    private readonly RedisConnection redis;
    private readonly RedisKeys keys;
    private readonly RedisReceivers receivers;
    private readonly Topology topology;
    private readonly ConcurrentDictionary<string, RedisKey> streams = new(StringComparer.Ordinal);

    public RedisTransport(
        RedisConnection redis, RedisKeys keys, EventBusOptions options, Topologies topologies, RedisReceivers receivers, ILogger<RedisTransport> logger)
    {
        (this.redis, this.keys, this.receivers, topology) = (redis, keys, receivers, topologies.Current);
        var calls = new TransportCalls(redis, logger);
        Capabilities = new TransportCapabilities
        {
            Probe = new PublishedEventProbe(calls, keys, logger),
            Trimmer = new StreamTrimmer(redis, calls, keys, options, logger),
            OutboxReports = new OutboxReports(redis, keys, logger),
            TopologyRecord = new TopologyRecord(calls, keys),
            WakeChannel = new WakeChannel(redis, keys),
        };
    }

    public string System => "redis";

    public TransportCapabilities Capabilities { get; }

    public string? Problem => redis.IsConnected ? null : "Redis can't be reached.";

    public async Task<IReadOnlyList<PublishResult>> PublishAsync(IReadOnlyList<OutgoingEvent> events, CancellationToken cancellationToken)
    {
        var results = new PublishResult[events.Count];
        var failed = new Dictionary<string, PublishResult>(StringComparer.Ordinal);
        PublishResult? unavailable = null;
        for (var first = 0; first < events.Count;)
        {
            var batch = new PublishBatch(events.Count - first);
            var next = first;
            for (; next < events.Count && !batch.IsFull; next++)
            {
                var outgoing = events[next];
                if (unavailable is { } error)
                {
                    results[next] = error; // The remaining batches would run into the same timeout.
                    continue;
                }

                var channel = ChannelOf(outgoing);
                if (failed.TryGetValue(channel, out results[next]))
                    continue; // It must not overtake the failed event.
                batch.Add(next, outgoing, KeyOf(channel));
            }

            await batch.SendAsync(redis.GetDatabase(), results, cancellationToken);
            for (; first < next; first++)
            {
                if (results[first].Error is null)
                    continue;
                failed.TryAdd(ChannelOf(events[first]), results[first]);
                if (!results[first].Refused)
                    unavailable ??= results[first];
            }
        }

        return results;
    }

    public IReceiver CreateReceiver(ConsumerGroup group, IChannelHandling handling) => receivers.Create(group, handling);

    private string ChannelOf(in OutgoingEvent outgoing) => topology.ChannelOf(outgoing.Type, outgoing.AggregateId);

    private RedisKey KeyOf(string channel) => streams.GetOrAdd(channel, static (channel, keys) => keys.Stream(channel), keys);
}
