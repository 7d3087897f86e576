using RESPite.Messages;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Parses stream entries in replies of Redis.</summary>
internal static class StreamReply
{
    /// <summary>The streams in an XREADGROUP reply over RESP2, [[stream, entries]..] or null, with the number of entries of each.</summary>
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

    /// <summary>The entries of the same reply, [[id, [field, value..]]..] per stream; the fields are null if the entry was deleted.</summary>
    public static List<ReceivedEvent> ReadEntries(RespResult reply, IReadOnlyList<(string Stream, int Entries)> streams)
    {
        var entries = new List<ReceivedEvent>(streams.Sum(stream => stream.Entries));
        var reader = reply.Read();
        foreach (var (stream, count) in streams)
        {
            ReadKey(ref reader);
            for (var left = count; left > 0; left--)
            {
                reader.MoveNextAggregate();
                reader.MoveNextScalar();
                var id = reader.ReadString()!;
                reader.MoveNextAggregate();
                if (!reader.IsNull)
                    entries.Add(new ReceivedEvent(new EventPosition(stream, id), ReadFields(ref reader), PriorDeliveries: 0));
            }
        }

        return entries;
    }

    /// <summary>An entry returned by a script.</summary>
    public static ReceivedEvent ReadEntry(string stream, string entryId, RedisResult fieldValues, long priorDeliveries)
    {
        var values = (RedisValue[])fieldValues!;
        var fields = new EntryField[values.Length / 2];
        for (var i = 0; i < fields.Length; i++)
            fields[i] = new EntryField(EntryFields.NameOf((byte[])values[2 * i]!), (byte[])values[(2 * i) + 1]!);
        return new ReceivedEvent(new EventPosition(stream, entryId), fields, priorDeliveries);
    }

    /// <summary>Reads the key of the next stream and advances to its entries.</summary>
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
