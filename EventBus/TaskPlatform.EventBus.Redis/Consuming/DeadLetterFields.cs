using System.Globalization;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>What a dead letter says.</summary>
internal static class DeadLetterFields
{
    /// <summary>Stands before the name of a header that the bus does not know.</summary>
    public const string HeaderPrefix = "header:";

    /// <summary>What a reprocessed event takes from its dead letter, besides those headers.</summary>
    public static readonly string[] Reprocessed =
        [EntryFields.Data, EntryFields.EventId, .. EntryFields.OfEvent, EntryFields.FirstEntryId, EntryFields.FirstFailedAt];

    private const int MaxTextLength = 4000;

    public static IEnumerable<RedisValue> Of(DeadLetterRecord deadLetter, EventPosition position, string consumer, DateTimeOffset now)
    {
        var failedAt = now.ToString("O", CultureInfo.InvariantCulture);
        RedisValue[] fields =
        [
            "original_id", position.Id,
            "error", Truncate(deadLetter.Error),
            "failed_at", failedAt,
            "stream", position.Channel,
            "group", deadLetter.Group,
            "event_id", deadLetter.EventId.ToString(),
            "type", deadLetter.Type,
            "data", deadLetter.Data.ToArray(),
            "attempts", deadLetter.Attempts,
            "reason", deadLetter.Reason,
            "exception", deadLetter.ExceptionType,
            "stack", Truncate(deadLetter.Stack),
            "consumer", consumer,
            "first_entry_id", deadLetter.FirstEntryId,
            "first_failed_at", deadLetter.FirstFailedAt ?? failedAt,
        ];
        return fields.Concat(Headers(deadLetter.Fields));
    }

    /// <summary>What a reprocessed event needs besides. A header that the bus does not know could have the name of a field above.</summary>
    private static IEnumerable<RedisValue> Headers(IReadOnlyList<EntryField> fields)
    {
        foreach (var (name, value) in ForwardedHeaders.Of(fields))
        {
            yield return ForwardedHeaders.IsOfEvent(name) ? name : HeaderPrefix + name;
            yield return value.ToArray();
        }
    }

    private static string Truncate(string text) => text.Length <= MaxTextLength ? text : string.Concat(text.AsSpan(0, MaxTextLength), "…");
}
