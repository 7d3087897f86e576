using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>A consumer of a group on Redis Streams.</summary>
internal sealed partial class RedisReceiver : IReceiver
{
    private readonly ConsumerGroup group;
    private readonly ChannelReader reader;
    private readonly ChannelBalancer balancer;
    private readonly AbandonedEntries abandoned;
    private readonly EntrySettler settler;
    private readonly GroupStreams streams;
    private readonly RedisConnection redis;
    private readonly RedisKeys keys;
    private readonly ILogger logger;
    private bool isSubscribed;

    public RedisReceiver(
        ConsumerGroup group, ChannelReader reader, ChannelBalancer balancer, AbandonedEntries abandoned, EntrySettler settler, GroupStreams streams,
        RedisConnection redis, RedisKeys keys, CoalescedSignal unbalanced, ILogger logger)
    {
        (this.group, this.reader, this.balancer, this.abandoned, this.settler) = (group, reader, balancer, abandoned, settler);
        (this.streams, this.redis, this.keys, this.logger, Unbalanced) = (streams, redis, keys, logger, unbalanced);
        if (group.Ordering == EventOrdering.Strict)
            return;
        foreach (var channel in group.Channels)
            reader.Add(channel);
    }

    public CoalescedSignal Unbalanced { get; }

    public Task<IReadOnlyList<ReceivedEvent>> ReceiveAsync(int max, CancellationToken cancellationToken)
        => CallAsync(() => reader.ReadAsync(max, cancellationToken));

    public Task StopReceivingAsync()
    {
        balancer.Stop();
        return CallOnStopAsync(reader.UnblockAsync);
    }

    public async Task<TimeSpan> BalanceAsync(CancellationToken cancellationToken)
    {
        if (!isSubscribed)
            await redis.GetSubscriber().SubscribeAsync(keys.Leases, OnReleased, StackExchange.Redis.CommandFlags.FireAndForget);
        isSubscribed = true;
        try
        {
            return await balancer.BalanceAsync(cancellationToken);
        }
        catch (Exception e) when (RedisAvailability.IsUnavailable(e))
        {
            throw new EventTransportUnavailableException(e);
        }
    }

    public Task<ClaimedEvents> ClaimAsync(int max, CancellationToken cancellationToken)
    {
        reader.RetryBroken();
        return CallAsync(() => abandoned.ClaimAsync(reader.Readable, max, cancellationToken));
    }

    public async Task<bool> CountDeliveryAsync(EventPosition position, CancellationToken cancellationToken)
    {
        try
        {
            return await streams.CountDeliveryAsync(position).WaitAsync(cancellationToken);
        }
        catch (Exception e) when (RedisAvailability.IsUnavailable(e))
        {
            throw new EventTransportUnavailableException(e);
        }
        catch (RedisServerException e)
        {
            LogRefused(group.Name, position.Channel, e); // For example a key of the wrong type, in which no consumer can own an entry.
            return false;
        }
    }

    public Task<IReadOnlyList<EventPosition>> RenewAsync(IReadOnlyCollection<EventPosition> held, CancellationToken cancellationToken)
        => CallAsync(async () =>
        {
            var lost = new List<EventPosition>();
            foreach (var ofStream in held.GroupBy(position => position.Channel))
                lost.AddRange(await streams.RenewAsync(ofStream.Key, [.. ofStream]).WaitAsync(cancellationToken));
            return (IReadOnlyList<EventPosition>)lost;
        });

    public Task<IReadOnlyList<SettleResult>> SettleAsync(IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken)
        => settler.SettleAsync(settlements, cancellationToken);

    public Task AddDeadLetterAsync(EventPosition position, DeadLetterRecord deadLetter, CancellationToken cancellationToken)
        => CallAsync(async () =>
        {
            await streams.AddDeadLetterAsync(position, deadLetter).WaitAsync(cancellationToken);
            return true;
        });

    /// <summary>If Redis is unavailable, the other consumers claim the entries after they have been idle for long enough.</summary>
    public async Task ReleaseAsync(IReadOnlyCollection<ReleasedEvent> held)
    {
        IReadOnlyList<ReceivedEvent> read = [];
        try
        {
            read = await reader.DrainAsync();
        }
        catch (Exception e) when (RedisAvailability.IsUnavailable(e) || e is RedisServerException)
        {
            LogNotDrained(group.Name, e.Message);
        }

        var released = held.Concat(read.Select(entry => new ReleasedEvent(entry.Position, WasStarted: false))).ToList();
        await CallOnStopAsync(async () =>
        {
            if (group.Ordering == EventOrdering.Strict)
            {
                await balancer.LeaveAsync(released.Where(one => !one.WasStarted).ToLookup(one => one.Position.Channel, one => one.Position.Id, StringComparer.Ordinal));
            }
            else
            {
                foreach (var ofStream in released.GroupBy(one => one.Position.Channel))
                    await streams.ReleaseAsync(ofStream.Key, [.. ofStream.Select(one => one.Position)]);
            }

            foreach (var stream in reader.Readable)
                await streams.LeaveAsync(stream);
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (isSubscribed)
            await redis.GetSubscriber().UnsubscribeAsync(keys.Leases, OnReleased, StackExchange.Redis.CommandFlags.FireAndForget);
        await reader.DisposeAsync();
        Unbalanced.Dispose();
    }

    private void OnReleased(StackExchange.Redis.RedisChannel channel, StackExchange.Redis.RedisValue released)
    {
        if (released == group.Name)
            Unbalanced.Set();
    }

    private async Task<T> CallAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            reader.Interrupt();
            if (RedisAvailability.IsUnavailable(e))
                throw new EventTransportUnavailableException(e);
            throw;
        }
    }

    /// <summary>All failures are reported as unavailability, because a stopping process does not retry.</summary>
    private static async Task CallOnStopAsync(Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (Exception e) when (RedisAvailability.IsUnavailable(e) || e is RedisServerException)
        {
            throw new EventTransportUnavailableException(e);
        }
    }

    [LoggerMessage(LogLevel.Error, "{Group} can't count a delivery of an entry in {Stream}, because Redis refused it.")]
    private partial void LogRefused(string group, string stream, Exception exception);

    [LoggerMessage(LogLevel.Warning, "{Group} did not receive the reply to its last read; other consumers will claim its entries: {Error}")]
    private partial void LogNotDrained(string group, string error);
}
