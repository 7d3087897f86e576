using System.Diagnostics;
using System.Text;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Parses stream entries for an operator. Other programs may have written them.</summary>
internal static class EntryReply
{
    public static StreamEntry Read(string eventType, StackExchange.Redis.StreamEntry entry)
    {
        var (data, headers) = (Array.Empty<byte>(), new Dictionary<string, string>(StringComparer.Ordinal));
        foreach (var (name, value) in Fields(entry))
        {
            if (name == EntryFields.Data)
                data = value;
            else
                headers[name] = Encoding.UTF8.GetString(value);
        }

        return new StreamEntry(
            (string)entry.Id!, eventType, AggregateOf(data), TraceOf(headers.GetValueOrDefault(EntryFields.TraceParent)),
            Encoding.UTF8.GetString(data), headers);
    }

    public static IEnumerable<(string Name, byte[] Value)> Fields(StackExchange.Redis.StreamEntry entry)
        => entry.Values.Select(field => (Encoding.UTF8.GetString((byte[]?)field.Name ?? []), (byte[]?)field.Value ?? []));

    /// <summary>Parses fields as returned by a script: { field, value.. }.</summary>
    public static IEnumerable<(string Name, byte[] Value)> Fields(RedisResult fieldValues)
    {
        var values = (RedisValue[])fieldValues!;
        for (var i = 0; i + 1 < values.Length; i += 2)
            yield return (Encoding.UTF8.GetString((byte[]?)values[i] ?? []), (byte[]?)values[i + 1] ?? []);
    }

    public static string? TraceOf(string? traceParent)
        => ActivityContext.TryParse(traceParent, null, out var created) ? created.TraceId.ToHexString() : null;

    private static string? AggregateOf(byte[] data)
    {
        try
        {
            return EventEnvelope.Read(data).AggregateId;
        }
        catch (UnreadableEventException)
        {
            return null;
        }
    }
}
