using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Reads what Redis answers about streams.</summary>
internal static class StreamReply
{
    /// <summary>
    /// The reply of XREADGROUP: over RESP2 an array of [stream, entries] pairs, over RESP3 a map, which arrives as
    /// stream, entries, stream, entries. Null where nothing came in time.
    /// </summary>
    public static IEnumerable<(string Key, RedisResult[] Entries)> ReadStreams(RedisResult reply)
    {
        if (reply.IsNull)
            yield break;

        var items = (RedisResult[])reply!;
        if (items.Length > 0 && AsArray(items[0]) is not null)
        {
            foreach (var item in items)
            {
                var pair = (RedisResult[])item!;
                yield return ((string)pair[0]!, (RedisResult[])pair[1]!);
            }
        }
        else
        {
            for (var i = 0; i + 1 < items.Length; i += 2)
                yield return ((string)items[i]!, (RedisResult[])items[i + 1]!);
        }
    }

    /// <summary>An entry of XREADGROUP: [id, [field, value..]]; the fields are null where it was deleted.</summary>
    public static Delivery? ReadEntry(string stream, RedisResult item, int maxBytes)
    {
        var entry = (RedisResult[])item!;
        return entry[1].IsNull ? null : ReadEntry(stream, (string)entry[0]!, entry[1], earlierDeliveries: 0, maxBytes);
    }

    public static Delivery ReadEntry(string stream, string entryId, RedisResult fieldValues, long earlierDeliveries, int maxBytes)
    {
        var values = (RedisValue[])fieldValues!;
        var fields = new EntryField[values.Length / 2];
        for (var i = 0; i < fields.Length; i++)
            fields[i] = new EntryField(EntryFields.NameOf((byte[])values[2 * i]!), (byte[])values[(2 * i) + 1]!);
        return Delivery.Parse(stream, entryId, fields, earlierDeliveries, maxBytes);
    }

    private static RedisResult[]? AsArray(RedisResult item)
    {
        try
        {
            return (RedisResult[]?)item;
        }
        catch (InvalidCastException)
        {
            return null; // No common way of the driver's versions tells a single value from an array beforehand.
        }
    }
}
