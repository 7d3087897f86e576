using System.Globalization;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>The fields of a dead letter.</summary>
internal static class DeadLetterFields
{
    /// <summary>The prefix of headers that the bus does not know.</summary>
    public const string HeaderPrefix = "header:";

    /// <summary>The fields that a reprocessed event copies from its dead letter, in addition to those headers.</summary>
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

    /// <summary>The headers for a reprocessed event. Unknown headers are prefixed, because their names could clash with the fields above.</summary>
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
