using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>
/// Warns if Redis evicts keys instead of refusing writes when it runs out of memory, which would delete streams, groups and schedules.
/// The check is repeated because an operator may change the policy at any time.
/// </summary>
internal sealed partial class EvictionCheck(
    RedisConnection redis, BusHealth health, BackgroundLoops loops, ILogger<EvictionCheck> logger) : BackgroundService
{
    private const string Subject = "eviction";
    private const string Safe = "noeviction";
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
        => loops.RunAsync(new("eviction check") { Interval = Interval, LogLevel = LogLevel.Debug }, RunOnceAsync, stoppingToken);

    private async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        string info;
        try
        {
            info = (string?)await redis.GetDatabase().ExecuteAsync("INFO", "memory").WaitAsync(cancellationToken) ?? "";
        }
        catch (RedisServerException e)
        {
            LogUnknown(e.Message); // For example, the user may not run INFO. The last known state remains.
            return;
        }

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
