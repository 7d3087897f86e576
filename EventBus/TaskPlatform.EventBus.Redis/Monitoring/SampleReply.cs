using System.Globalization;
using System.Text.Json;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Reads what <c>sample.lua</c> answers.</summary>
internal static class SampleReply
{
    public static IReadOnlyList<AlertChanged> ReadAlerts(RedisResult alerts)
        => [.. Pairs(alerts).Select(pair => JsonSerializer.Deserialize(pair.Value, AlertJson.Default.AlertChanged)!)];

    public static IReadOnlyCollection<KeyValuePair<string, long>> ReadCounts(RedisResult counts)
        => [.. Pairs(counts).Select(pair => KeyValuePair.Create(pair.Name, long.Parse(pair.Value, CultureInfo.InvariantCulture)))];

    public static BusSample Read(RedisResult[] reply, IReadOnlyList<string> streams)
    {
        var now = (long)reply[4];
        var dead = (RedisResult[])reply[5]!;
        return new BusSample(
            (long)dead[0],
            AgeOf((string?)dead[1], now),
            (long)reply[6],
            [.. ((RedisResult[])reply[9]!).Select((stream, i) => ReadStream(streams[i], (RedisResult[])stream!, now))],
            [.. Pairs(reply[7]).Select(pair => ReadOutbox(pair.Name, pair.Value, now))],
            [.. Pairs(reply[8]).Select(ReadLost)]);
    }

    private static StreamSample ReadStream(string stream, RedisResult[] sample, long now)
        => new(stream, (long)sample[0], [.. ((RedisResult[])sample[1]!).Select(item =>
        {
            var group = (RedisResult[])item!;
            return new GroupSample(
                (string)group[0]!, (long)group[1], (long)group[2] == 1, AgeOf((string?)group[3], now),
                (long)group[4], TimeSpan.FromMilliseconds((long)group[5]), (long)group[6]);
        })], TimeSpan.FromMilliseconds((long)sample[2]));

    /// <summary>A dispatcher writes how many wait, and since when the oldest does, on Redis's clock.</summary>
    private static OutboxSample ReadOutbox(string service, string state, long now)
    {
        var parts = state.Split(' ');
        var waiting = long.Parse(parts[0], CultureInfo.InvariantCulture);
        var oldest = TimeSpan.FromMilliseconds(now - long.Parse(parts[1], CultureInfo.InvariantCulture));
        return new OutboxSample(service, waiting, waiting == 0 || oldest < TimeSpan.Zero ? TimeSpan.Zero : oldest);
    }

    private static LostSample ReadLost((string Name, string Value) pair)
    {
        var space = pair.Name.IndexOf(' ', StringComparison.Ordinal);
        return new LostSample(pair.Name[..space], pair.Name[(space + 1)..], long.Parse(pair.Value, CultureInfo.InvariantCulture));
    }

    private static TimeSpan AgeOf(string? entryId, long now)
        => EntryId.TryParse(entryId, out var id) && id.Milliseconds < (ulong)now ? TimeSpan.FromMilliseconds(now - (long)id.Milliseconds) : TimeSpan.Zero;

    private static IEnumerable<(string Name, string Value)> Pairs(RedisResult hash)
        => ((string[])hash!).Chunk(2).Select(pair => (pair[0], pair[1]));
}
