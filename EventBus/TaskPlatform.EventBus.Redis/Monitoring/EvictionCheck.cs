using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>
/// Warns if Redis evicts keys instead of refusing writes when it runs out of memory, which would delete streams, groups and schedules.
/// The check is repeated because an operator may change the policy at any time.
/// </summary>
internal sealed partial class EvictionCheck(RedisConnection redis, BusHealth health, ILogger<EvictionCheck> logger) : BackgroundService
{
    private const string Subject = "eviction";
    private const string Safe = "noeviction";
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval);
        try
        {
            do
            {
                try
                {
                    await RunOnceAsync(stoppingToken);
                }
                catch (Exception e) when (e is RedisException || RedisAvailability.IsUnavailable(e))
                {
                    LogUnknown(e.Message); // The last known state remains until Redis replies again.
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process is stopping.
        }
    }

    private async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        var info = (string?)await redis.GetDatabase().ExecuteAsync("INFO", "memory").WaitAsync(cancellationToken) ?? "";
        var policy = ValueOf(info, "maxmemory_policy:");
        var isLimited = long.TryParse(ValueOf(info, "maxmemory:"), CultureInfo.InvariantCulture, out var limit) && limit > 0;
        if (!isLimited || policy is "" or Safe)
            health.ClearWarning(Subject);
        else if (health.Warn(Subject, $"Redis evicts keys when its memory is full (maxmemory-policy {policy}), which loses events. To fix this, run CONFIG SET maxmemory-policy {Safe} and set the same policy in redis.conf."))
            LogEvicts(policy);
    }

    private static string ValueOf(string info, string name)
    {
        foreach (var line in info.AsSpan().EnumerateLines())
        {
            if (line.StartsWith(name, StringComparison.Ordinal))
                return line[name.Length..].ToString();
        }

        return "";
    }

    [LoggerMessage(LogLevel.Error, "Redis evicts keys when its memory is full (maxmemory-policy {Policy}), which loses events. Set maxmemory-policy to noeviction.")]
    private partial void LogEvicts(string policy);

    [LoggerMessage(LogLevel.Debug, "The eviction policy of Redis could not be checked: {Error}")]
    private partial void LogUnknown(string error);
}
