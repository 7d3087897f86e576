using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Calls Redis for an operator, who is told plainly when it is away.</summary>
internal sealed class AdminCalls(WatchedConnection redis)
{
    public Task<RedisResult> ScriptAsync(string script, RedisKey[] keys, RedisValue[] arguments, CancellationToken cancellationToken)
        => CallAsync(() => redis.EvaluateAsync(script, keys, arguments), cancellationToken);

    public Task<RedisResult> ExecuteAsync(string command, CancellationToken cancellationToken, params object[] arguments)
        => CallAsync(() => redis.ExecuteAsync(command, arguments), cancellationToken);

    private static async Task<RedisResult> CallAsync(Func<Task<RedisResult>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call().WaitAsync(cancellationToken);
        }
        catch (Exception e) when (RedisAvailability.IsUnavailable(e))
        {
            throw new EventTransportUnavailableException(e);
        }
        catch (RedisServerException e) when (e.Message.Contains("WRONGTYPE", StringComparison.Ordinal))
        {
            throw new WrongKeyException(e);
        }
    }
}
