using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>A consumer of a group on Redis Streams.</summary>
internal sealed partial class RedisReceiver(
    ConsumerGroup group, NewEntries entries, AbandonedEntries abandoned, EntrySettler settler, GroupStreams streams, BlockingReader reader, ILogger logger)
    : IReceiver
{
    public Task<IReadOnlyList<ReceivedEvent>> ReceiveAsync(int max, CancellationToken cancellationToken)
        => CallAsync(() => entries.ReadAsync(max, cancellationToken));

    public Task StopReceivingAsync() => CallOnStopAsync(reader.UnblockAsync);

    public Task<ClaimedEvents> ClaimAsync(int max, CancellationToken cancellationToken)
    {
        var readable = entries.Readable;
        if (readable.Count < group.EventTypes.Count)
            entries.Interrupt(); // A key of the wrong type may have been replaced by a stream.
        return CallAsync(() => abandoned.ClaimAsync(readable, max, cancellationToken));
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

    /// <summary>If Redis is unavailable, the other consumers claim the entries after they have been idle for long enough.</summary>
    public async Task ReleaseAsync(IReadOnlyCollection<EventPosition> held)
    {
        IReadOnlyList<ReceivedEvent> read = [];
        try
        {
            read = await entries.DrainAsync();
        }
        catch (Exception e) when (RedisAvailability.IsUnavailable(e) || e is RedisServerException)
        {
            LogNotDrained(group.Name, e.Message);
        }

        await CallOnStopAsync(async () =>
        {
            foreach (var ofStream in held.Concat(read.Select(entry => entry.Position)).GroupBy(position => position.Channel))
                await streams.ReleaseAsync(ofStream.Key, [.. ofStream]);
            foreach (var stream in entries.Readable)
                await streams.LeaveAsync(stream);
        });
    }

    public ValueTask DisposeAsync() => reader.DisposeAsync();

    private async Task<T> CallAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            entries.Interrupt();
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
