using System.Globalization;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>What the entry of a retry says.</summary>
internal static class RetryFields
{
    /// <summary>The event as it came, and what a retry knows more.</summary>
    /// <param name="failed">The entry that waited for its retry.</param>
    /// <param name="group">The group that it failed in.</param>
    /// <param name="failedAt">When that was.</param>
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
