using StackExchange.Redis;

namespace TaskPlatform.EventBus.Benchmarks.Scenarios;

/// <summary>How far a group is, as Redis tells it.</summary>
internal static class GroupProgress
{
    /// <summary>How many entries the group has read and acked.</summary>
    public static async Task<long> AckedAsync(IDatabase redis, BenchmarkEnvironment environment)
    {
        var groups = await redis.StreamGroupInfoAsync(environment.StreamKey);
        return groups.Where(group => group.Name == BenchmarkEnvironment.Group).Sum(group => group.EntriesRead is { } read ? read - group.PendingMessageCount : 0);
    }
}
