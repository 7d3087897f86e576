using StackExchange.Redis;

namespace TaskPlatform.EventBus.Benchmarks.Scenarios;

/// <summary>How far a group is, as Redis tells it.</summary>
internal static class GroupProgress
{
    /// <summary>How many entries the group has read and acked.</summary>
    public static async Task<long> AckedAsync(IDatabase redis, Place place)
    {
        foreach (var group in (RedisResult[])(await redis.ExecuteAsync("XINFO", "GROUPS", place.StreamKey))!)
        {
            var fields = (RedisResult[])group!;
            if ((string?)Field(fields, "name") == Place.Group)
                return Field(fields, "entries-read") is { IsNull: false } read ? (long)read - (long)Field(fields, "pending") : 0;
        }

        return 0;
    }

    private static RedisResult Field(RedisResult[] fields, string name)
    {
        for (var i = 0; i + 1 < fields.Length; i += 2)
        {
            if ((string?)fields[i] == name)
                return fields[i + 1];
        }

        throw new InvalidOperationException($"XINFO GROUPS tells no '{name}'.");
    }
}
