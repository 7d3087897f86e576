using System.Globalization;
using System.Text.Json;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Parses the reply of <c>sample.lua</c>. Values written to the hashes by other programs are ignored.</summary>
internal static class SampleReply
{
    /// <summary>The firing alerts, and the hash fields that can't be parsed as alerts.</summary>
    public static (IReadOnlyList<AlertChanged> Alerts, IReadOnlyList<string> Unreadable) ReadAlerts(RedisResult alerts)
    {
        var (read, unreadable) = (new List<AlertChanged>(), new List<string>());
        foreach (var (name, json) in Pairs(alerts))
        {
            if (ReadAlert(json) is { } alert)
                read.Add(alert);
            else
                unreadable.Add(name);
        }

        return (read, unreadable);
    }

    /// <summary>An alert; null if the text is not one.</summary>
    public static AlertChanged? ReadAlert(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, AlertChanged.JsonTypeInfo) is { Rule: not null, Subject: not null, Summary: not null } alert ? alert : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public static IReadOnlyCollection<KeyValuePair<string, long>> ReadCounts(RedisResult counts)
        => [.. Pairs(counts).Where(pair => pair.Name.Contains(' ', StringComparison.Ordinal) && TryParse(pair.Value, out _))
            .Select(pair => KeyValuePair.Create(pair.Name, long.Parse(pair.Value, CultureInfo.InvariantCulture)))];

    public static BusSample Read(RedisResult[] reply, IReadOnlyList<string> streams)
    {
        var now = (long)reply[4];
        var dead = (RedisResult[])reply[5]!;
        return new BusSample(
            (long)dead[0],
            AgeOf((string?)dead[1], now),
            (long)reply[6],
            [.. ((RedisResult[])reply[9]!).Select((stream, i) => ReadStream(streams[i], (RedisResult[])stream!, now))],
            [.. Pairs(reply[7]).Select(pair => ReadOutbox(pair.Name, pair.Value, now)).OfType<OutboxSample>()],
            [.. Pairs(reply[8]).Select(ReadLost).OfType<LostSample>()],
            (long)dead[2] == 1);
    }

    private static StreamSample ReadStream(string stream, RedisResult[] sample, long now)
        => new(stream, (long)sample[0], [.. ((RedisResult[])sample[1]!).Select(item =>
        {
            var group = (RedisResult[])item!;
            return new GroupSample(
                (string)group[0]!, (long)group[1], (long)group[2] == 1, AgeOf((string?)group[3], now),
                (long)group[4], TimeSpan.FromMilliseconds((long)group[5]), (long)group[6]);
        })], TimeSpan.FromMilliseconds((long)sample[2]), (long)sample[3] == 1);

    /// <summary>The state is the number of unpublished events and the creation time of the oldest, on Redis's clock.</summary>
    private static OutboxSample? ReadOutbox(string service, string state, long now)
        => state.Split(' ') is [var count, var oldest] && TryParse(count, out var waiting) && TryParse(oldest, out var since)
            ? new OutboxSample(service, waiting, TimeSpan.FromMilliseconds(waiting == 0 ? 0 : Math.Max(0, now - since)))
            : null;

    private static LostSample? ReadLost((string Name, string Value) pair)
        => pair.Name.IndexOf(' ', StringComparison.Ordinal) is >= 0 and var space && TryParse(pair.Value, out var count)
            ? new LostSample(pair.Name[..space], pair.Name[(space + 1)..], count)
            : null;

    private static bool TryParse(string text, out long number)
        => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static TimeSpan AgeOf(string? entryId, long now)
        => EntryId.TryParse(entryId, out var id) && id.Milliseconds < (ulong)now ? TimeSpan.FromMilliseconds(now - (long)id.Milliseconds) : TimeSpan.Zero;

    private static IEnumerable<(string Name, string Value)> Pairs(RedisResult hash)
        => ((string[])hash!).Chunk(2).Select(pair => (pair[0], pair[1]));
}
