using StackExchange.Redis;

namespace TaskPlatform.EventBus.Benchmarks.Scenarios;

/// <summary>The progress of a group, as reported by Redis.</summary>
internal static class GroupProgress
{
    /// <summary>The number of entries that the group has read and acked.</summary>
    public static async Task<long> AckedAsync(IDatabase redis, BenchmarkEnvironment environment)
    {
        var groups = await redis.StreamGroupInfoAsync(environment.StreamKey);
        return groups.Where(group => group.Name == BenchmarkEnvironment.Group).Sum(group => group.EntriesRead is { } read ? read - group.PendingMessageCount : 0);
    }
}
