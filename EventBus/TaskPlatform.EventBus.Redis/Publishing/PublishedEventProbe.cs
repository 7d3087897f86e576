using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Compares streams with what was published to them, and finds entries that other clients removed.</summary>
internal sealed partial class PublishedEventProbe(TransportCalls redis, RedisKeys keys, ILogger logger) : IPublishedEventProbe
{
    private const int PendingPage = 1000;

    /// <summary>Reading this number of entries blocks Redis for a few milliseconds.</summary>
    private const int NewestPage = 500;

    public async Task<IReadOnlyList<PublishedEntry>> ReadNewestAsync(string stream, int count, CancellationToken cancellationToken)
    {
        var newest = new List<PublishedEntry>();
        var from = "+";
        for (var left = count; left > 0 && from.Length > 0; left -= NewestPage)
        {
            var page = (RedisResult[])(await redis.CallAsync(
                database => database.ScriptEvaluateAsync(
                    Script.Newest, [keys.Stream(StreamName.Of(stream))], [from, Math.Min(left, NewestPage)]), cancellationToken))!;
            from = (string)page[0]!;
            foreach (var entry in ((RedisResult[])page[1]!).Select(item => (string[])item!))
            {
                if (Guid.TryParse(entry[1], out var eventId))
                    newest.Add(new PublishedEntry(entry[0], eventId, entry[2]));
            }
        }

        return newest;
    }

    public async Task<TransportState> ProbeAsync(
        IReadOnlyList<(string Stream, string EntryId)> entries, CancellationToken cancellationToken)
    {
        var reply = (RedisResult[])(await redis.CallAsync(
            database => database.ScriptEvaluateAsync(
                Script.Probe,
                [.. entries.Select(entry => keys.Stream(StreamName.Of(entry.Stream)))],
                [.. entries.Select(entry => (RedisValue)entry.EntryId)]), cancellationToken))!;
        return new TransportState((string)reply[0]!, [.. reply.Skip(1).Select(found => (long)found > 0)]);
    }

    public async Task<StreamReadings> MeasureAsync(IReadOnlyCollection<string> streams, CancellationToken cancellationToken)
    {
        string[] names = [.. streams.Select(StreamName.Of)];
        var reply = (RedisResult[])(await redis.CallAsync(database => database.ScriptEvaluateAsync(
            Script.Measure, [keys.Groups, keys.Trimmed, .. names.Select(keys.Stream)], [.. names.Select(name => (RedisValue)name)]), cancellationToken))!;
        return new StreamReadings(
            DateTimeOffset.FromUnixTimeMilliseconds((long)reply[0]),
            [.. ((RedisResult[])reply[1]!).Zip(streams, (reading, name) => ReadStream(name, (RedisResult[])reading!))]);
    }

    public async Task<LostEntries> FindLostAsync(string stream, DateTimeOffset since, CancellationToken cancellationToken)
    {
        var channel = StreamName.Of(stream);
        var lost = new List<string>();
        foreach (var group in (await MeasureAsync([stream], cancellationToken)).Streams[0].Groups)
        {
            for (var from = "-"; from.Length > 0;)
            {
                var page = (RedisResult[])(await redis.CallAsync(
                    database => database.ScriptEvaluateAsync(Script.Missing, [keys.Stream(channel)], [group.Name, from, PendingPage]), cancellationToken))!;
                lost.AddRange((string[])page[1]!);
                from = (string?)page[0] is { Length: > 0 } last ? $"({last}" : "";
            }
        }

        // Read last, to include entries that were pending until now.
        var detected = await redis.OrDefaultAsync(
            database => database.SortedSetRangeByScoreAsync(keys.LostEntries, since.ToUnixTimeMilliseconds(), double.PositiveInfinity), cancellationToken) ?? [];
        lost.AddRange(detected.Select(entry => ((string)entry!).Split(' ')).Where(entry => entry is [var name, var id] && name == channel && EntryId.TryParse(id, out _)).Select(entry => entry[1]));

        var targeted = (RedisResult[])(await redis.CallAsync(
            database => database.ScriptEvaluateAsync(Script.MissingTargeted, [keys.Stream(channel), keys.Targeted], [channel]), cancellationToken))!;
        return new LostEntries(lost, [.. targeted.Select(item => ReadTargeted((string[])item!))]);
    }

    public async Task ClearLostAsync(string stream, IReadOnlyCollection<string> entryIds, CancellationToken cancellationToken)
    {
        RedisValue[] fields = [.. entryIds.Select(id => (RedisValue)$"{StreamName.Of(stream)} {id}")];
        await redis.OrDefaultAsync(database => database.HashDeleteAsync(keys.Targeted, fields), cancellationToken);
    }

    public async Task ReportLostAsync(string stream, string group, int count, CancellationToken cancellationToken)
    {
        var channel = StreamName.Of(stream);
        TransportTelemetry.EntriesLost(channel, group, count);
        LogLost(group, count, channel);
        await redis.OrDefaultAsync(database => database.HashIncrementAsync(keys.Lost, $"{channel} {group}", count), cancellationToken);
    }

    public int Compare(string left, string right) => EntryId.Parse(left).CompareTo(EntryId.Parse(right));

    public DateTimeOffset? TimeOf(string entryId) => EntryId.Parse(entryId).Time;

    private static TargetedEntry ReadTargeted(string[] entry) => new(entry[0], Guid.TryParse(entry[1], out var eventId) ? eventId : Guid.Empty, entry[2]);

    private static StreamReading ReadStream(string name, RedisResult[] stream) => new(
        name,
        (long)stream[0] == 1,
        (long)stream[1],
        [.. ((RedisResult[])stream[2]!).Select(item =>
        {
            var group = (RedisResult[])item!;
            return new GroupReading((string)group[0]!, (string?)group[1] is { Length: > 0 } since ? since : null, (string)group[2]!);
        })]);

    [LoggerMessage(LogLevel.Error, "{Group} lost {Count} entries of {Stream}: they were removed before the group had read them. They are published again.")]
    private partial void LogLost(string group, int count, string stream);
}
