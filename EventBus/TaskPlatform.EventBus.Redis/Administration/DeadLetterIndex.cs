using System.Globalization;
using System.Text;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>
/// Finds dead letters by what a filter names, without looking at all the others. The scripts keep the index in Redis; where they can't, because
/// Redis is full, say, there is none for the moment.
/// </summary>
internal sealed class DeadLetterIndex(AdminCalls redis, RedisKeys keys)
{
    // Redis serves nobody else meanwhile: so many take it some milliseconds.
    private const int IndexPageSize = 500;
    private const int MaxBytes = 500;

    private enum State
    {
        Complete,
        Incomplete,
        Refused,
    }

    /// <summary>Lists dead letters; null where there is no index.</summary>
    public async Task<List<DeadLetterEntry>?> FindAsync(
        DeadLetterFilter filter, IdRange range, bool newestFirst, int limit, RedisValue[] fields, CancellationToken cancellationToken)
        => await CallAsync(
            Script.FindDeadLetters, [range.After.ToString(), range.UpTo.ToString(), newestFirst, limit, .. Kind(filter), MaxBytes, .. fields], cancellationToken) is { } found
            ? [.. found.Select(DeadLetterReply.Read)]
            : null;

    /// <summary>Counts dead letters by type, group, exception and reason; null where there is no index.</summary>
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
                case State.Refused:
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

/// <summary>A part of the queue.</summary>
/// <param name="After">Only behind this id.</param>
/// <param name="UpTo">Up to this id.</param>
internal sealed record IdRange(EntryId After, EntryId UpTo)
{
    /// <summary>The times of a filter. Entries have whole milliseconds, times may have parts of one.</summary>
    public static IdRange Of(DeadLetterFilter filter) => new(
        filter.From is { } from ? EntryId.Before(WholeMilliseconds(from)) : default,
        filter.To is { } to ? EntryId.Before(WholeMilliseconds(to)) : EntryId.MaxValue);

    private static DateTimeOffset WholeMilliseconds(DateTimeOffset time)
        => time.Ticks % TimeSpan.TicksPerMillisecond is > 0 and var part ? time.AddTicks(TimeSpan.TicksPerMillisecond - part) : time;
}
