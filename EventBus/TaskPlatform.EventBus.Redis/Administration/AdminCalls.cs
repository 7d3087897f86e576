using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Calls Redis for operators and for monitoring, and throws exceptions that describe the failure.</summary>
internal sealed class AdminCalls(RedisConnection redis)
{
    public Task<RedisResult> ScriptAsync(string script, RedisKey[] keys, RedisValue[] arguments, CancellationToken cancellationToken)
        => CallAsync(database => database.ScriptEvaluateAsync(script, keys, arguments), cancellationToken);

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
        catch (RedisServerException e) when (e.Message.Contains("WRONGTYPE", StringComparison.Ordinal))
        {
            throw new WrongKeyTypeException(
                "A key of the event bus has the wrong type. Check it with redis-cli TYPE, and rename or delete it.", e);
        }
    }
}
