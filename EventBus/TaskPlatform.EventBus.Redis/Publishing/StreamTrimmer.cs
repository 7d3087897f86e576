using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Trims streams page by page, and reports the group that prevents it.</summary>
internal sealed partial class StreamTrimmer(
    RedisConnection redis, TransportCalls calls, RedisKeys keys, EventBusOptions options, ILogger logger) : IStreamTrimmer
{
    private const int TrimPage = 10_000;
    private const int MaxLostEntries = 100_000;

    /// <summary>The group that blocks the trimming of each stream, as of the last check.</summary>
    private readonly Dictionary<string, string> blockingGroups = new(StringComparer.Ordinal);

    /// <summary>A key that is not a stream does not prevent the trimming of the others.</summary>
    public async Task TrimAsync(IReadOnlyCollection<string> streams, CancellationToken cancellationToken)
    {
        foreach (var stream in streams.Select(StreamName.Of))
        {
            try
            {
                while (await TrimPageAsync(stream, cancellationToken) > 0)
                {
                    // More entries may be due.
                }
            }
            catch (RedisServerException e) when (!RedisAvailability.IsUnavailable(e))
            {
                LogNotTrimmed(stream, e.Message);
            }
        }

        await calls.OrDefaultAsync(database => database.SortedSetRemoveRangeByRankAsync(keys.LostEntries, 0, -MaxLostEntries - 1), cancellationToken);
    }

    private async Task<long> TrimPageAsync(string stream, CancellationToken cancellationToken)
    {
        var reply = (RedisResult[])(await redis.GetDatabase().ScriptEvaluateAsync(
            Script.Trim,
            [keys.Stream(stream), keys.Groups, keys.Trimmed, keys.Ahead],
            [stream, (long)options.StreamRetention.TotalMilliseconds, TrimPage]).WaitAsync(cancellationToken))!;
        var trimmed = (long)reply[0];
        var group = (string?)reply[1] is { Length: > 0 } name && trimmed == 0 ? name : null;
        if (blockingGroups.TryGetValue(stream, out var before) && before != group && blockingGroups.Remove(stream))
            TransportTelemetry.HeldBack(stream, before, TimeSpan.Zero);
        if (group is not null)
        {
            TransportTelemetry.HeldBack(stream, group, TimeSpan.FromMilliseconds((long)reply[3]));
            if (blockingGroups.TryAdd(stream, group))
                LogHeldBack(stream, group, (string?)reply[2]);
        }

        return trimmed;
    }

    [LoggerMessage(LogLevel.Warning, "{Stream} keeps entries beyond its retention, because the group {Group} has not finished them ({Reason}).")]
    private partial void LogHeldBack(string stream, string group, string? reason);

    [LoggerMessage(LogLevel.Error, "{Stream} can't be trimmed: {Error}")]
    private partial void LogNotTrimmed(string stream, string error);
}
