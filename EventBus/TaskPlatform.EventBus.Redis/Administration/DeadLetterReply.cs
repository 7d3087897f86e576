using System.Text;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Parses dead letters. Other programs may have written them: a field may be missing, duplicated, or binary.</summary>
internal static class DeadLetterReply
{
    /// <summary>The fields returned for lists.</summary>
    public static readonly RedisValue[] Listed =
    [
        "stream", "group", "type", "reason", "exception", "error", "event_id", "attempts", "original_id", "first_entry_id",
        "first_failed_at", "consumer", EntryFields.TraceParent,
    ];

    /// <summary>The fields returned for grouping.</summary>
    public static readonly RedisValue[] Grouped = ["stream", "group", "type", "reason", "exception", "error"];

    public static DeadLetterEntry Read(RedisResult item)
    {
        var entry = (RedisResult[])item!;
        return DeadLetterFields.Read((string)entry[0]!, EntryId.Parse((string)entry[0]!).Time, Read(EntryReply.Fields(entry[1])));
    }

    public static DeadLetterDetails ReadDetails(StackExchange.Redis.StreamEntry entry)
        => DeadLetterFields.ReadDetails((string)entry.Id!, EntryId.Parse((string)entry.Id!).Time, Read(EntryReply.Fields(entry)));

    private static Dictionary<string, string> Read(IEnumerable<(string Name, byte[] Value)> fields)
    {
        var read = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in fields)
            read[name] = Encoding.UTF8.GetString(value);
        return read;
    }
}
