using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Adds due retries to their streams. Any number of processes may do so concurrently.</summary>
internal sealed partial class RetryForwarder(
    RedisConnection redis, RedisKeys keys, IEnumerable<ConsumerGroup> groups, BackgroundLoops loops,
    ILogger<RetryForwarder> logger) : BackgroundService
{
    private const int PageSize = 100;

    /// <summary>How often to poll for retries scheduled by other processes; this process's own retries signal it.</summary>
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(5);

    private readonly CoalescedSignal scheduled = new();

    /// <summary>Signals that this process has scheduled a retry, which may be due before the next poll.</summary>
    public void Wake() => scheduled.Set();

    public override void Dispose()
    {
        scheduled.Dispose();
        base.Dispose();
    }

    /// <summary>Forwards due retries.</summary>
    /// <returns>The time until the next poll.</returns>
    internal async Task<TimeSpan> RunOnceAsync(CancellationToken cancellationToken)
    {
        var reply = (RedisResult[])(await redis.GetDatabase().ScriptEvaluateAsync(
            Script.Due,
            [keys.Retry, keys.DeadLetters, keys.Lost, keys.LostEntries],
            [keys.Prefix, PageSize, ReservedConsumers.AwaitingRetry]).WaitAsync(cancellationToken))!;
        var error = (string?)reply[3];
        var due = (RedisResult[])reply[0]!;
        if (due.Length > 0)
        {
            RedisValue[] arguments = [keys.Prefix, ReservedConsumers.AwaitingRetry, .. due.SelectMany(ReadRetry)];
            var refused = await redis.GetDatabase().ScriptEvaluateAsync(Script.Forward, [keys.Retry, keys.Targeted], arguments).WaitAsync(cancellationToken);
            error = (string?)refused is { Length: > 0 } text ? text : error;
        }

        if (error is { Length: > 0 })
            LogRefused(error);
        if ((long)reply[1] == 1)
            return TimeSpan.Zero;
        var untilNext = (long)reply[2];
        return untilNext < 0 || untilNext > PollInterval.TotalMilliseconds ? PollInterval : TimeSpan.FromMilliseconds(untilNext);
    }

    /// <summary>The arguments of <c>forward.lua</c> for a due retry.</summary>
    private IEnumerable<RedisValue> ReadRetry(RedisResult item)
    {
        var retry = (RedisResult[])item!;
        var (stream, group, entryId) = ((string)retry[1]!, (string)retry[2]!, (string)retry[3]!);
        var entry = RetryEntry.Of(
            StreamReply.ReadEntry(stream, entryId, retry[5], priorDeliveries: 0), group, DateTimeOffset.FromUnixTimeMilliseconds((long)retry[4]));
        return [(RedisValue)retry[0], stream, group, entryId, entry.EventId.ToString(), 2 * entry.Fields.Count, .. EntryArguments.Of(entry.Fields)];
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
        => groups.Any()
            ? loops.RunAsync(new BackgroundRole("retries") { Signal = scheduled, HasHeartbeat = true }, RunOnceAsync, stoppingToken)
            : Task.CompletedTask;

    [LoggerMessage(LogLevel.Error, "A scheduled retry can't be added to its stream and is retried in 10 s: {Error}")]
    private partial void LogRefused(string error);
}
