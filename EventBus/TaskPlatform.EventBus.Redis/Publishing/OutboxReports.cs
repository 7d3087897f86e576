using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Keeps the last report of each service in a hash.</summary>
internal sealed partial class OutboxReports(RedisConnection redis, RedisKeys keys, ILogger logger) : IOutboxReports
{
    public async Task ReportAsync(string service, long waiting, TimeSpan oldestAge, CancellationToken cancellationToken)
    {
        try
        {
            await redis.GetDatabase().ScriptEvaluateAsync(Script.Outbox, [keys.Outboxes], [service, waiting, (long)oldestAge.TotalMilliseconds])
                .WaitAsync(cancellationToken);
        }
        catch (Exception e) when (e is RedisException || RedisAvailability.IsUnavailable(e))
        {
            LogNotReported(e.Message);
        }
    }

    [LoggerMessage(LogLevel.Debug, "The state of the outbox was not reported: {Error}")]
    private partial void LogNotReported(string error);
}
