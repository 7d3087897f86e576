using RESPite.Messages;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Reads entries of streams from the replies of Redis.</summary>
internal static class StreamReply
{
    /// <summary>The streams in the reply of XREADGROUP over RESP2, [[stream, entries]..] or null, and how many entries each has.</summary>
    public static List<(string Key, int Entries)> ReadStreams(RespResult reply)
    {
        var streams = new List<(string, int)>();
        if (reply.IsNull)
            return streams;

        var reader = reply.Read();
        for (var left = reader.AggregateLength(); left > 0; left--)
        {
            var key = ReadKey(ref reader);
            streams.Add((key, reader.AggregateLength()));
            reader.SkipChildren();
        }

        return streams;
    }

    /// <summary>The entries of the same reply, [[id, [field, value..]]..] for each stream; the fields are null where an entry was deleted.</summary>
    public static List<Delivery>[] ReadEntries(RespResult reply, IReadOnlyList<(string Stream, int Entries)> streams, int maxBytes)
    {
        var all = new List<Delivery>[streams.Count];
        var reader = reply.Read();
        for (var i = 0; i < all.Length; i++)
        {
            var (stream, count) = streams[i];
            var entries = all[i] = new List<Delivery>(count);
            ReadKey(ref reader);
            for (; count > 0; count--)
            {
                reader.MoveNextAggregate();
                reader.MoveNextScalar();
                var id = reader.ReadString()!;
                reader.MoveNextAggregate();
                if (!reader.IsNull)
                    entries.Add(Delivery.Parse(stream, id, ReadFields(ref reader), earlierDeliveries: 0, maxBytes));
            }
        }

        return all;
    }

    /// <summary>An entry that a script returns.</summary>
    public static Delivery ReadEntry(string stream, string entryId, RedisResult fieldValues, long earlierDeliveries, int maxBytes)
    {
        var values = (RedisValue[])fieldValues!;
        var fields = new EntryField[values.Length / 2];
        for (var i = 0; i < fields.Length; i++)
            fields[i] = new EntryField(EntryFields.NameOf((byte[])values[2 * i]!), (byte[])values[(2 * i) + 1]!);
        return Delivery.Parse(stream, entryId, fields, earlierDeliveries, maxBytes);
    }

    /// <summary>Moves into the next pair of the reply, to its entries.</summary>
    private static string ReadKey(ref RespReader reader)
    {
        reader.MoveNextAggregate();
        reader.MoveNextScalar();
        var key = reader.ReadString()!;
        reader.MoveNextAggregate();
        return key;
    }

    private static EntryField[] ReadFields(ref RespReader reader)
    {
        var fields = new EntryField[reader.AggregateLength() / 2];
        for (var i = 0; i < fields.Length; i++)
        {
            reader.MoveNextScalar();
            var name = reader.TryGetSpan(out var span) ? EntryFields.NameOf(span) : EntryFields.NameOf(reader.ReadByteArray());
            reader.MoveNextScalar();
            fields[i] = new EntryField(name, reader.ReadByteArray()!);
        }

        return fields;
    }
}
