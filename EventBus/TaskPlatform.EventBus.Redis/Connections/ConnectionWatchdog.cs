using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>
/// Replaces a half-open shared connection: its packets are dropped, but neither end has closed it. The driver also does that, but only
/// after it has received nothing for four times its timeout (16 s here), and the bus guarantees recovery within 15 s.
/// </summary>
internal sealed partial class ConnectionWatchdog(
    RedisConnection redis, BackgroundLoops loops, ILogger<ConnectionWatchdog> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(4);

    /// <summary>Reported in the health only, because each role that needs Redis logs that it is interrupted.</summary>
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
        => loops.RunAsync(new("connection to Redis") { Interval = Interval, WaitsFirst = true, LogLevel = LogLevel.Debug }, RunOnceAsync, stoppingToken);

    private async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        try
        {
            await redis.GetDatabase().PingAsync().WaitAsync(cancellationToken);
        }
        catch (TimeoutException) when (redis.IsConnected)
        {
            LogNoReply();
            redis.Settings.CloseSockets();
            throw;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Redis does not reply; reconnecting.")]
    private partial void LogNoReply();
}
