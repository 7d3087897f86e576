using System.Globalization;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>The fields of a retry's entry.</summary>
internal static class RetryFields
{
    /// <summary>The fields of the event, followed by those of the retry.</summary>
    /// <param name="failed">The failed entry.</param>
    /// <param name="group">The group in which it failed.</param>
    /// <param name="failedAt">When it failed.</param>
    public static IEnumerable<RedisValue> Of(Delivery failed, string group, DateTimeOffset failedAt)
    {
        yield return EntryFields.Data;
        yield return failed.Data.ToArray();
        foreach (var (name, value) in ForwardedHeaders.Of(failed.Fields))
        {
            yield return name;
            yield return value.ToArray();
        }

        yield return EntryFields.EventId;
        yield return failed.EventId.ToString();
        yield return EntryFields.Attempt;
        yield return failed.Attempt + 1;
        yield return EntryFields.TargetGroup;
        yield return group;
        yield return EntryFields.FirstEntryId;
        yield return failed.FirstEntryId ?? failed.EntryId;
        yield return EntryFields.FirstFailedAt;
        yield return failed.FirstFailedAt ?? failedAt.ToString("O", CultureInfo.InvariantCulture);
    }
}
