using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Parses the reply of <c>sample.lua</c>. Values written to the hashes by other programs are ignored.</summary>
internal static class SampleReply
{
    /// <summary>The state, and the hash fields of alerts that can't be read.</summary>
    public static (MonitoringState State, IReadOnlyList<string> UnreadableAlerts) Read(RedisResult[] reply, IReadOnlyList<string> streams)
    {
        var lease = (LeaseState)(long)reply[0];
        var alerts = Pairs(reply[1]).Select(pair => (pair.Name, Alert: ReadAlert(pair.Value))).ToList();
        var state = new MonitoringState(
            lease,
            [.. alerts.Select(pair => pair.Alert).OfType<AlertChanged>()],
            (long)reply[2],
            lease == LeaseState.Standby ? null : ReadSample(reply, streams),
            lease == LeaseState.NewlyElected ? ReadCounts(reply[3]) : []);
        return (state, [.. alerts.Where(pair => pair.Alert is null).Select(pair => pair.Name)]);
    }

    /// <summary>An alert; null if the text is not one.</summary>
    public static AlertChanged? ReadAlert(string json)
        => TryDeserialize(json, AlertChanged.JsonTypeInfo) is { Rule: not null, Subject: not null, Summary: not null } alert ? alert : null;

    /// <summary>A stored sample; null if the text is not one.</summary>
    public static BusSample? ReadSample(string json)
        => TryDeserialize(json, BusSample.JsonTypeInfo) is { Streams: not null, Outboxes: not null, Lost: not null } sample ? sample : null;

    private static T? TryDeserialize<T>(string json, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(json, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static List<KeyValuePair<string, long>> ReadCounts(RedisResult counts)
        => [.. Pairs(counts).Where(pair => pair.Name.Contains(' ', StringComparison.Ordinal) && TryParse(pair.Value, out _))
            .Select(pair => KeyValuePair.Create(pair.Name, long.Parse(pair.Value, CultureInfo.InvariantCulture)))];

    private static BusSample ReadSample(RedisResult[] reply, IReadOnlyList<string> streams)
    {
        var now = (long)reply[4];
        var dead = (RedisResult[])reply[5]!;
        return new BusSample(
            DateTimeOffset.FromUnixTimeMilliseconds(now),
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
