using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Creates this process's consumers.</summary>
internal sealed class RedisReceivers(
    RedisConnection redis, RedisKeys keys, ConsumerName consumer, IServiceProvider services, ILogger<RedisReceiver> logger)
{
    public RedisReceiver Create(ConsumerGroup group, IChannelHandling handling)
    {
        var options = services.GetRequiredService<EventBusOptions>();
        var clock = services.GetRequiredService<TimeProvider>();
        var health = services.GetRequiredService<BusHealth>();
        var streams = new GroupStreams(redis.GetDatabase(), keys, group, consumer, options, clock, logger);
        var missed = new MissedAcks(group, streams, options, clock, logger);
        var unbalanced = new CoalescedSignal();
        var reader = new ChannelReader(
            group, consumer, streams, new BlockingReader(redis, keys, $"{consumer.Value} reader of {group.Name}"), keys, health, unbalanced.Set, logger);
        return new RedisReceiver(
            group,
            reader,
            new ChannelBalancer(group, consumer, new ChannelLeases(redis, keys, group, consumer, options), new TopologySwitch(redis, keys, group), reader, streams, handling, options, logger),
            new AbandonedEntries(streams, missed, options),
            new EntrySettler(group, streams, missed, services.GetRequiredService<RetryForwarder>()),
            streams,
            redis,
            keys,
            unbalanced,
            logger);
    }
}
