using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>
/// Replaces a half-open shared connection: its packets are dropped, but neither end has closed it. The driver also does that, but only
/// after it has received nothing for four times its timeout (16 s here), and the bus guarantees recovery within 15 s.
/// </summary>
internal sealed partial class ConnectionWatchdog(
    RedisConnection redis, BusHealth health, ILogger<ConnectionWatchdog> logger) : BackgroundService
{
    private const string Role = "connection to Redis";
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(4);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await timer.WaitForNextTickAsync(stoppingToken);
                await redis.GetDatabase().PingAsync().WaitAsync(stoppingToken);
                health.Recovered(Role);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                health.Blocked(Role, e.Message);
                if (e is TimeoutException && redis.IsConnected)
                {
                    LogNoReply();
                    redis.Settings.CloseSockets();
                }
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Redis does not reply; reconnecting.")]
    private partial void LogNoReply();
}
