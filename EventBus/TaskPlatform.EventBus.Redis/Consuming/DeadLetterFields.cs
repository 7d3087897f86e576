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

    public static IEnumerable<RedisValue> Of(Delivery delivery, string group, string consumer, DateTimeOffset now)
    {
        var failedAt = now.ToString("O", CultureInfo.InvariantCulture);
        RedisValue[] fields =
        [
            "original_id", delivery.EntryId,
            "error", Truncate(delivery.Cause?.Message ?? ""),
            "failed_at", failedAt,
            "stream", delivery.Stream,
            "group", group,
            "event_id", delivery.EventId.ToString(),
            "type", delivery.Envelope?.Type ?? "",
            "data", delivery.Data.ToArray(),
            "attempts", delivery.Attempts,
            "reason", delivery.Reason ?? DeadLetterReason.Exhausted,
            "exception", delivery.Cause?.GetType().FullName ?? "",
            "stack", Truncate(delivery.Error?.ToString() ?? ""),
            "consumer", consumer,
            "first_entry_id", delivery.FirstEntryId ?? delivery.EntryId,
            "first_failed_at", delivery.FirstFailedAt ?? failedAt,
        ];
        return fields.Concat(Headers(delivery));
    }

    /// <summary>What a reprocessed event needs besides. A header that the bus does not know could have the name of a field above.</summary>
    private static IEnumerable<RedisValue> Headers(Delivery delivery)
    {
        foreach (var (name, value) in ForwardedHeaders.Of(delivery.Fields))
        {
            yield return ForwardedHeaders.IsOfEvent(name) ? name : HeaderPrefix + name;
            yield return value.ToArray();
        }
    }

    private static string Truncate(string text) => text.Length <= MaxTextLength ? text : string.Concat(text.AsSpan(0, MaxTextLength), "…");
}
