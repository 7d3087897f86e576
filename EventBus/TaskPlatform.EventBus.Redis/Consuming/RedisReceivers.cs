using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Creates this process's consumers.</summary>
internal sealed class RedisReceivers(
    RedisConnection redis, RedisKeys keys, ConsumerName consumer, IServiceProvider services, ILogger<RedisReceiver> logger)
{
    public RedisReceiver Create(ConsumerGroup group)
    {
        var options = services.GetRequiredService<EventBusOptions>();
        var clock = services.GetRequiredService<TimeProvider>();
        var database = redis.GetDatabase();
        var streams = new GroupStreams(database, keys, group, consumer, options, clock, logger);
        var reader = new BlockingReader(redis.Settings, database, keys, $"{consumer.Value} reader of {group.Name}");
        var missed = new MissedAcks(group, streams, options, clock, logger);
        return new RedisReceiver(
            group,
            new NewEntries(group, consumer, streams, reader, keys, services.GetRequiredService<BusHealth>(), logger),
            new AbandonedEntries(streams, missed, options),
            new EntrySettler(group, streams, missed, services.GetRequiredService<RetryForwarder>()),
            streams,
            reader,
            logger);
    }
}
