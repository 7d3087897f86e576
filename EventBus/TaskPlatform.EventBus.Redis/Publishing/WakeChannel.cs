using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Sends wake-ups between the processes of a service, through one channel for all services.</summary>
internal sealed class WakeChannel(RedisConnection redis, RedisKeys keys) : IWakeChannel
{
    public async Task WakeAsync(string service, CancellationToken cancellationToken)
    {
        try
        {
            await redis.GetSubscriber().PublishAsync(keys.Wake, service).WaitAsync(cancellationToken);
        }
        catch (Exception e) when (RedisAvailability.IsUnavailable(e))
        {
            // The dispatcher also polls every second.
        }
    }

    /// <summary>Does not wait for a reply: Redis may be down, and the driver subscribes on every connection that it opens.</summary>
    public Task OnWakeAsync(string service, Action wake, CancellationToken cancellationToken)
        => redis.GetSubscriber().SubscribeAsync(keys.Wake, (_, woken) =>
        {
            if (woken == service)
                wake();
        }, CommandFlags.FireAndForget);
}
