using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Puts scheduled retries back into their streams when they are due. Any number of processes may do so side by side.</summary>
internal sealed partial class RetryForwarder(
    IConnectionMultiplexer redis, RedisKeys keys, IEnumerable<ConsumerGroup> groups, EventBusOptions options, BackgroundLoops loops,
    ILogger<RetryForwarder> logger) : BackgroundService
{
    private const int PageSize = 100;

    /// <summary>How often to look for what processes scheduled that are gone by now; this one's own retries signal themselves.</summary>
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(5);

    private readonly CoalescedSignal scheduled = new();

    /// <summary>This process has scheduled a retry, which may be due before the next look.</summary>
    public void Wake() => scheduled.Set();

    public override void Dispose()
    {
        scheduled.Dispose();
        base.Dispose();
    }

    /// <summary>Forwards what is due.</summary>
    /// <returns>How long there is nothing to do.</returns>
    internal async Task<TimeSpan> RunOnceAsync(CancellationToken cancellationToken)
    {
        var reply = (RedisResult[])(await redis.GetDatabase().ScriptEvaluateAsync(
            Script.Due,
            [keys.Retry, keys.DeadLetters, keys.Lost, keys.LostEntries],
            [keys.Prefix, PageSize, ReservedConsumers.AwaitingRetry]).WaitAsync(cancellationToken))!;
        var refusal = (string?)reply[3];
        var due = (RedisResult[])reply[0]!;
        if (due.Length > 0)
        {
            RedisValue[] arguments = [keys.Prefix, ReservedConsumers.AwaitingRetry, .. due.SelectMany(ReadRetry)];
            var answer = await redis.GetDatabase().ScriptEvaluateAsync(Script.Forward, [keys.Retry, keys.Targeted], arguments).WaitAsync(cancellationToken);
            refusal = (string?)answer is { Length: > 0 } error ? error : refusal;
        }

        if (refusal is { Length: > 0 })
            LogRefused(refusal);
        if ((long)reply[1] == 1)
            return TimeSpan.Zero;
        var untilNext = (long)reply[2];
        return untilNext < 0 || untilNext > PollInterval.TotalMilliseconds ? PollInterval : TimeSpan.FromMilliseconds(untilNext);
    }

    /// <summary>A due retry as <c>forward.lua</c> takes it.</summary>
    private IEnumerable<RedisValue> ReadRetry(RedisResult item)
    {
        var retry = (RedisResult[])item!;
        var (stream, group, entryId) = ((string)retry[1]!, (string)retry[2]!, (string)retry[3]!);
        var failed = Delivery.Parse(StreamReply.ReadEntry(stream, entryId, retry[5], priorDeliveries: 0), options.MaxEventBytes);
        RedisValue[] fields = [.. RetryFields.Of(failed, group, DateTimeOffset.FromUnixTimeMilliseconds((long)retry[4]))];
        return [(RedisValue)retry[0], stream, group, entryId, failed.EventId.ToString(), fields.Length, .. fields];
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
        => groups.Any() ? loops.RunAsync("retries", ForwardAsync, TimeSpan.Zero, stoppingToken) : Task.CompletedTask;

    private async Task ForwardAsync(CancellationToken stoppingToken)
        => await scheduled.WaitAsync(await RunOnceAsync(stoppingToken), stoppingToken);

    [LoggerMessage(LogLevel.Error, "A scheduled retry can't be put back into its stream and is tried again in 10 s: {Error}")]
    private partial void LogRefused(string error);
}
