using System.Text;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Parses stream entries for an operator. Other programs may have written them.</summary>
internal static class EntryReply
{
    public static StreamEntry Read(string eventType, StackExchange.Redis.StreamEntry entry)
        => StreamEntry.Read((string)entry.Id!, EntryId.Parse((string)entry.Id!).Time, eventType, Fields(entry).Select(field => new EntryField(field.Name, field.Value)));

    public static IEnumerable<(string Name, byte[] Value)> Fields(StackExchange.Redis.StreamEntry entry)
        => entry.Values.Select(field => (Encoding.UTF8.GetString((byte[]?)field.Name ?? []), (byte[]?)field.Value ?? []));

    /// <summary>Parses fields as returned by a script: { field, value.. }.</summary>
    public static IEnumerable<(string Name, byte[] Value)> Fields(RedisResult fieldValues)
    {
        var values = (RedisValue[])fieldValues!;
        for (var i = 0; i + 1 < values.Length; i += 2)
            yield return (Encoding.UTF8.GetString((byte[]?)values[i] ?? []), (byte[]?)values[i + 1] ?? []);
    }
}
