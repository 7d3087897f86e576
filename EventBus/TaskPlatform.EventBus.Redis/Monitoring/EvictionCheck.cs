using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>
/// Warns of a Redis that would rather evict keys than refuse writes when its memory is full: streams, groups and schedules would vanish.
/// An operator may change that at any time, so it is checked again and again.
/// </summary>
internal sealed partial class EvictionCheck(IConnectionMultiplexer redis, BusHealth health, ILogger<EvictionCheck> logger) : BackgroundService
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
                    LogUnknown(e.Message); // What is known stands, until Redis answers again.
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process stops.
        }
    }

    /// <summary>One check.</summary>
    private async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        var info = (string?)await redis.GetDatabase().ExecuteAsync("INFO", "memory").WaitAsync(cancellationToken) ?? "";
        var policy = ValueOf(info, "maxmemory_policy:");
        var isLimited = long.TryParse(ValueOf(info, "maxmemory:"), CultureInfo.InvariantCulture, out var limit) && limit > 0;
        if (!isLimited || policy is "" or Safe)
            health.ClearWarning(Subject);
        else if (health.Warn(Subject, $"Redis evicts keys when its memory is full (maxmemory-policy {policy}), which loses events. Remedy: CONFIG SET maxmemory-policy {Safe}, and the same in redis.conf."))
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

    [LoggerMessage(LogLevel.Error, "Redis evicts keys when its memory is full (maxmemory-policy {Policy}), which loses events. It must be noeviction.")]
    private partial void LogEvicts(string policy);

    [LoggerMessage(LogLevel.Debug, "Whether Redis evicts keys is not known now: {Error}")]
    private partial void LogUnknown(string error);
}
