using System.Globalization;
using System.Text;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>
/// Finds the dead letters that match a filter without scanning the queue. The scripts maintain the index in Redis; if they can't, for example
/// because Redis is out of memory, the index is temporarily unavailable.
/// </summary>
internal sealed class DeadLetterIndex(AdminCalls redis, RedisKeys keys)
{
    // A script blocks Redis; this number of entries takes a few milliseconds.
    private const int IndexPageSize = 500;
    private const int MaxBytes = 500;

    private enum State
    {
        Complete,
        Incomplete,
        Unavailable,
    }

    /// <summary>Lists dead letters; null if the index is unavailable.</summary>
    public async Task<List<DeadLetterEntry>?> FindAsync(
        DeadLetterFilter filter, IdRange range, bool newestFirst, int limit, RedisValue[] fields, CancellationToken cancellationToken)
        => await CallAsync(
            Script.FindDeadLetters, [range.After.ToString(), range.UpTo.ToString(), newestFirst, limit, .. Kind(filter), MaxBytes, .. fields], cancellationToken) is { } found
            ? [.. found.Select(DeadLetterReply.Read)]
            : null;

    /// <summary>Counts dead letters by type, group, exception and reason; null if the index is unavailable.</summary>
    public async Task<List<DeadLetterGroup>?> CountAsync(DeadLetterFilter filter, IdRange range, CancellationToken cancellationToken)
        => await CallAsync(
            Script.CountDeadLetters, [range.After.ToString(), range.UpTo.ToString(), .. Kind(filter), MaxBytes], cancellationToken) is { } counts
            ? [.. counts.Select(ReadGroup)]
            : null;

    private async Task<RedisResult[]?> CallAsync(string script, RedisValue[] arguments, CancellationToken cancellationToken)
    {
        while (true)
        {
            var reply = (RedisResult[])(await redis.ScriptAsync(
                script, [keys.DeadLetters, keys.DeadLetterKinds, keys.DeadLettersByKind], [IndexPageSize, .. arguments], cancellationToken))!;
            switch ((State)(long)reply[0])
            {
                case State.Complete:
                    return (RedisResult[])reply[1]!;
                case State.Unavailable:
                    return null;
            }
        }
    }

    private static IEnumerable<RedisValue> Kind(DeadLetterFilter filter)
        => new[] { filter.Type, filter.Group, filter.Reason, filter.Exception }.Select(value => (RedisValue)(value is null ? "" : $"={value}"));

    private static DeadLetterGroup ReadGroup(RedisResult item)
    {
        var group = (RedisResult[])item!;
        return new DeadLetterGroup(
            Text(group[0]), Text(group[1]), Text(group[3]), (long)group[4], EntryId.Parse((string)group[5]!).Time, EntryId.Parse((string)group[6]!).Time, Text(group[7]));
    }

    private static string Text(RedisResult value) => Encoding.UTF8.GetString((byte[]?)value ?? []);
}

/// <summary>A range of ids in the queue.</summary>
/// <param name="After">The exclusive lower bound.</param>
/// <param name="UpTo">The inclusive upper bound.</param>
internal sealed record IdRange(EntryId After, EntryId UpTo)
{
    /// <summary>The time range of a filter. Entry ids have whole milliseconds; the filter's times may be more precise.</summary>
    public static IdRange Of(DeadLetterFilter filter) => new(
        filter.From is { } from ? EntryId.Before(RoundUpToMilliseconds(from)) : default,
        filter.To is { } to ? EntryId.Before(RoundUpToMilliseconds(to)) : EntryId.MaxValue);

    private static DateTimeOffset RoundUpToMilliseconds(DateTimeOffset time)
        => time.Ticks % TimeSpan.TicksPerMillisecond is > 0 and var part ? time.AddTicks(TimeSpan.TicksPerMillisecond - part) : time;
}
