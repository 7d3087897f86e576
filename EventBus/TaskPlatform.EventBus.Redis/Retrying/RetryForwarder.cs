using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Puts scheduled retries back into their streams when they are due. Any number of processes may do so side by side.</summary>
internal sealed partial class RetryForwarder(
    IConnectionMultiplexer redis, RedisKeys keys, CoalescedSignal scheduled, BusState state, ILogger<RetryForwarder> logger)
{
    private const string Role = "retries";
    private const int PageSize = 100;

    /// <summary>How often to look for what processes scheduled that are gone by now; this one's own retries signal themselves.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Forwards what is due.</summary>
    /// <returns>How long there is nothing to do.</returns>
    internal async Task<TimeSpan> RunOnceAsync(CancellationToken cancellationToken)
    {
        var reply = (RedisResult[])(await redis.GetDatabase()
            .ScriptEvaluateAsync(Script.Forward, [keys.Retry, keys.DeadLetters], [keys.Prefix, PageSize]).WaitAsync(cancellationToken))!;
        if ((string?)reply[2] is { Length: > 0 } refusal)
            LogRefused(refusal);

        var untilNext = (long)reply[1];
        return untilNext < 0 || untilNext > Look.TotalMilliseconds ? Look : TimeSpan.FromMilliseconds(untilNext);
    }

    /// <summary>Forwards until the process stops.</summary>
    public async Task RunAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var pause = await RunOnceAsync(stoppingToken);
                state.GoesOn(Role);
                await scheduled.WaitAsync(pause, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                if (state.Waits(Role, e.Message))
                    LogInterrupted(e);
                await Task.Delay(Pause, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "A scheduled retry can't be put back into its stream and is tried again in 10 s: {Error}")]
    private partial void LogRefused(string error);

    [LoggerMessage(LogLevel.Warning, "Forwarding retries was interrupted; it goes on by itself.")]
    private partial void LogInterrupted(Exception exception);
}
