using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Calls Redis for the dispatcher, which distinguishes an unavailable transport from any other failure.</summary>
internal sealed partial class TransportCalls(RedisConnection redis, ILogger logger)
{
    /// <exception cref="EventTransportUnavailableException">Redis is unavailable.</exception>
    public async Task<T> CallAsync<T>(Func<IDatabase, Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call(redis.GetDatabase()).WaitAsync(cancellationToken);
        }
        catch (Exception e) when (RedisAvailability.IsUnavailable(e))
        {
            throw new EventTransportUnavailableException(e);
        }
    }

    /// <summary>For bookkeeping that nothing depends on: a key of the wrong type is only logged.</summary>
    /// <exception cref="EventTransportUnavailableException">Redis is unavailable.</exception>
    public async Task<T?> OrDefaultAsync<T>(Func<IDatabase, Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await CallAsync(call, cancellationToken);
        }
        catch (RedisServerException e)
        {
            LogNotReported(e.Message);
            return default;
        }
    }

    [LoggerMessage(LogLevel.Debug, "Bookkeeping in Redis failed: {Error}")]
    private partial void LogNotReported(string error);
}
