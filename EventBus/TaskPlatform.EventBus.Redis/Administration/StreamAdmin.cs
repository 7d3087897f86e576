using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Inspects the streams, as an operator could with redis-cli.</summary>
internal sealed class StreamAdmin(AdminCalls redis, RedisKeys keys) : IStreamAdmin
{
    /// <summary>Counting reads every entry and blocks Redis: 10,000 entries take about 2 ms.</summary>
    private const int CountLimit = 10_000;

    public bool IsEntryId(string text) => EntryId.TryParse(text, out _);

    public async Task<IReadOnlyList<StreamDescription>> DescribeAsync(IEnumerable<string> streams, CancellationToken cancellationToken)
        => await Task.WhenAll(streams.Select(type => DescribeAsync(type, cancellationToken)));

    public async Task<IReadOnlyList<ConsumerDescription>> ConsumersAsync(string stream, string group, CancellationToken cancellationToken)
    {
        try
        {
            var consumers = await redis.CallAsync(database => database.StreamConsumerInfoAsync(Key(stream), group), cancellationToken);
            return [.. consumers.Where(consumer => ReservedConsumers.IsProcess(consumer.Name)).Select(consumer => new ConsumerDescription(
                consumer.Name, consumer.PendingMessageCount, TimeSpan.FromMilliseconds(Math.Max(0, consumer.IdleTimeInMilliseconds))))];
        }
        catch (RedisServerException e) when (Script.IsAbsent(e))
        {
            return [];
        }
    }

    public async Task<IReadOnlyList<PendingEntry>> PendingAsync(
        string stream, string group, int limit, string? after, CancellationToken cancellationToken)
    {
        if (StartAfter(after) is not { } from)
            return [];
        try
        {
            var pending = await redis.CallAsync(
                database => database.StreamPendingMessagesAsync(Key(stream), group, limit, consumerName: RedisValue.Null, minId: from), cancellationToken);
            return [.. pending.Select(entry => new PendingEntry(
                (string)entry.MessageId!, (string)entry.ConsumerName!, TimeSpan.FromMilliseconds(entry.IdleTimeInMilliseconds), entry.DeliveryCount))];
        }
        catch (RedisServerException e) when (Script.IsAbsent(e))
        {
            return [];
        }
    }

    public async Task<IReadOnlyList<StreamEntry>> EntriesAsync(
        string stream, int limit, string? after, bool newestFirst, CancellationToken cancellationToken)
    {
        var last = after is null || !newestFirst ? "+" : EntryId.Parse(after).Previous().ToString();
        if ((newestFirst ? "-" : StartAfter(after)) is not { } first)
            return [];
        var entries = await redis.CallAsync(
            database => database.StreamRangeAsync(Key(stream), first, last, limit, newestFirst ? Order.Descending : Order.Ascending), cancellationToken);
        return [.. entries.Select(entry => EntryReply.Read(stream, entry))];
    }

    public async Task<bool> RemoveGroupAsync(string stream, string group, CancellationToken cancellationToken)
        => (long)await redis.ScriptAsync(
            Script.RemoveGroup, [Key(stream), keys.Groups], [group, StreamName.Of(stream)], cancellationToken) == 1;

    public async Task<long> CountScheduledAsync(CancellationToken cancellationToken)
        => await redis.CallAsync(database => database.SortedSetLengthAsync(keys.Retry), cancellationToken);

    private async Task<StreamDescription> DescribeAsync(string stream, CancellationToken cancellationToken)
    {
        try
        {
            var reply = (RedisResult[])(await redis.ScriptAsync(Script.Describe, [Key(stream)], [CountLimit, ReservedConsumers.AwaitingRetry], cancellationToken))!;
            return new StreamDescription(
                stream, (long)reply[0] == 1, null, (long)reply[1], NullIfEmpty(reply[2]), NullIfEmpty(reply[3]),
                [.. ((RedisResult[])reply[4]!).Select(item => ReadGroup((RedisResult[])item!))]);
        }
        catch (WrongKeyTypeException e)
        {
            return new StreamDescription(stream, true, e.Message, 0, null, null, []);
        }
    }

    private static GroupDescription ReadGroup(RedisResult[] group) => new(
        (string)group[0]!,
        (long)group[1],
        (long)group[2] == 1,
        NullIfEmpty(group[3]) is { } unread ? EntryId.Parse(unread).Time : null,
        (long)group[4],
        TimeSpan.FromMilliseconds((long)group[5]),
        (long)group[6],
        (string)group[7]!);

    /// <summary>The lowest id after an entry, as a Redis range start; null if there is none.</summary>
    private static string? StartAfter(string? entryId) => entryId is null ? "-" : EntryId.Parse(entryId).Next()?.ToString();

    private static string? NullIfEmpty(RedisResult value) => (string?)value is { Length: > 0 } text ? text : null;

    private RedisKey Key(string stream) => keys.Stream(StreamName.Of(stream));
}
