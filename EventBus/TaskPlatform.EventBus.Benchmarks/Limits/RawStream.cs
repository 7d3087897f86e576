using System.Diagnostics;
using System.Text;

namespace TaskPlatform.EventBus.Benchmarks.Limits;

/// <summary>The limit of Redis Streams: pipelined XADD, and XREADGROUP with XACK, on a plain socket and without processing the entries.</summary>
internal static class RawStream
{
    private const int BatchSize = 500;

    /// <summary>Adds events to a stream, with the fields that the bus's publisher sets.</summary>
    /// <returns>The time that Redis took.</returns>
    public static TimeSpan Add(string redis, string key, int count, int bytes = Measured.Bytes)
    {
        using var pipe = new RedisPipe(redis);
        var padding = Measured.PaddingFor(bytes);
        var time = TimeSpan.Zero;
        var batch = Math.Clamp(16_000_000 / bytes, 1, BatchSize);
        for (var from = 0; from < count; from += batch)
        {
            var size = Math.Min(batch, count - from);
            for (var i = from; i < from + size; i++)
                Append(pipe, key, i, padding);

            // Creating the events is the publisher's work and is not measured.
            var started = Stopwatch.GetTimestamp();
            pipe.Send();
            for (var i = 0; i < size; i++)
                pipe.Skip();
            time += Stopwatch.GetElapsedTime(started);
        }

        return time;
    }

    /// <summary>Reads and acks a stream to its end as a new group, requesting the next page while one is processed.</summary>
    public static TimeSpan Consume(string redis, string key, string group, int count)
    {
        using var pipe = new RedisPipe(redis);
        pipe.Append("XGROUP", "CREATE", key, group, "0");
        pipe.Send();
        pipe.Skip();

        var ids = new byte[BatchSize][];
        var started = Stopwatch.GetTimestamp();
        Read(pipe, key, group);
        Read(pipe, key, group);
        pipe.Send();
        for (var (left, acks) = (count, 0); left > 0 || acks > 0;)
        {
            var read = Take(pipe, ids);
            if (acks > 0)
            {
                pipe.Skip();
                acks--;
            }

            left -= read;
            if (read == 0)
                continue;
            pipe.Header('*', read + 3);
            pipe.Argument("XACK");
            pipe.Argument(key);
            pipe.Argument(group);
            for (var i = 0; i < read; i++)
                pipe.Append(ids[i]);
            Read(pipe, key, group);
            pipe.Send();
            acks++;
        }

        return Stopwatch.GetElapsedTime(started);
    }

    private static void Append(RedisPipe pipe, string key, int id, string padding)
    {
        var e = Measured.Outgoing(id, padding);
        pipe.Append(
            "XADD", key, "*", EntryFields.Data, e.Envelope, EntryFields.EventId, e.EventId.ToString(),
            EntryFields.Schema, "1", EntryFields.CorrelationId, e.CorrelationId, EntryFields.AggregateVersion, "1");
    }

    private static void Read(RedisPipe pipe, string key, string group)
        => pipe.Append("XREADGROUP", "GROUP", group, "raw", "COUNT", "500", "STREAMS", key, ">");

    /// <summary>Reads one reply, [[key, [[id, fields]..]]], and keeps only the ids, encoded to be sent back.</summary>
    private static int Take(RedisPipe pipe, byte[][] ids)
    {
        if (pipe.Array() < 0)
            return 0;
        pipe.Array();
        pipe.Skip();
        var entries = pipe.Array();
        for (var i = 0; i < entries; i++)
        {
            pipe.Array();
            var id = pipe.Bulk();
            ids[i] = Encoding.ASCII.GetBytes($"${id.Length}\r\n{Encoding.ASCII.GetString(id)}\r\n");
            pipe.Skip();
        }

        return entries;
    }
}
