using System.Globalization;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>What a dead letter says.</summary>
internal static class DeadLetterFields
{
    private const int LongestText = 4000;

    public static IEnumerable<RedisValue> Of(Delivery delivery, string group, string consumer, DateTimeOffset now)
    {
        var failedAt = now.ToString("O", CultureInfo.InvariantCulture);
        RedisValue[] fields =
        [
            "original_id", delivery.EntryId,
            "error", Cut(delivery.Cause?.Message ?? ""),
            "failed_at", failedAt,
            "stream", delivery.Stream,
            "group", group,
            "event_id", delivery.EventId.ToString(),
            "type", delivery.Envelope?.Type ?? "",
            "data", delivery.Data.ToArray(),
            "attempts", delivery.Attempts,
            "reason", delivery.Reason ?? DeadLetterReason.Exhausted,
            "exception", delivery.Cause?.GetType().FullName ?? "",
            "stack", Cut(delivery.Error?.ToString() ?? ""),
            "consumer", consumer,
            "first_entry_id", delivery.FirstEntryId ?? delivery.EntryId,
            "first_failed_at", delivery.FirstFailedAt ?? failedAt,
        ];
        return fields.Concat(Carried(delivery));
    }

    /// <summary>What a reprocessed event needs besides, to the letter: its handler must see the version it had.</summary>
    private static IEnumerable<RedisValue> Carried(Delivery delivery)
    {
        foreach (var (name, value) in delivery.Fields)
        {
            if (name is EntryFields.AggregateVersion or EntryFields.Schema or EntryFields.TraceParent or EntryFields.TraceState
                or EntryFields.CorrelationId or EntryFields.CausationId or EntryFields.ReplayId)
            {
                yield return name;
                yield return value.ToArray();
            }
        }
    }

    private static string Cut(string text) => text.Length <= LongestText ? text : string.Concat(text.AsSpan(0, LongestText), "…");
}
