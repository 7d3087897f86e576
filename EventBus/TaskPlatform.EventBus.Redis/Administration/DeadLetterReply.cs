using System.Globalization;
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
        return Read((string)entry[0]!, Read(EntryReply.Fields(entry[1])));
    }

    public static DeadLetterDetails ReadDetails(StackExchange.Redis.StreamEntry entry)
    {
        var fields = Read(EntryReply.Fields(entry));
        return new DeadLetterDetails(
            Read((string)entry.Id!, fields),
            fields.GetValueOrDefault(EntryFields.Data, ""),
            fields.GetValueOrDefault("stack", ""),
            fields.Where(field => field.Key is not (EntryFields.Data or "stack")).ToDictionary());
    }

    private static Dictionary<string, string> Read(IEnumerable<(string Name, byte[] Value)> fields)
    {
        var read = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in fields)
            read[name] = Encoding.UTF8.GetString(value);
        return read;
    }

    private static DeadLetterEntry Read(string id, Dictionary<string, string> fields)
    {
        var stream = fields.GetValueOrDefault("stream", "");
        return new DeadLetterEntry
        {
            Id = id,
            FailedAt = EntryId.Parse(id).Time,
            Type = fields.GetValueOrDefault("type") is { Length: > 0 } type ? type : StreamName.TypeOf(stream),
            Stream = stream,
            Group = fields.GetValueOrDefault("group", ""),
            Reason = fields.GetValueOrDefault("reason", ""),
            Exception = fields.GetValueOrDefault("exception", ""),
            Error = fields.GetValueOrDefault("error", ""),
            EventId = fields.GetValueOrDefault("event_id", ""),
            Attempts = int.TryParse(fields.GetValueOrDefault("attempts"), CultureInfo.InvariantCulture, out var attempts) ? attempts : null,
            OriginalId = fields.GetValueOrDefault("original_id", ""),
            FirstEntryId = fields.GetValueOrDefault("first_entry_id", ""),
            FirstFailedAt = fields.GetValueOrDefault("first_failed_at", ""),
            Consumer = fields.GetValueOrDefault("consumer", ""),
            TraceId = EntryReply.TraceOf(fields.GetValueOrDefault(EntryFields.TraceParent)),
        };
    }
}
