namespace TaskPlatform.AppHost;

internal static class RedisSettings
{
    /// <summary>Events must survive a crash and must not be evicted.</summary>
    public static readonly IReadOnlyList<(string Name, string Value)> Durable =
        [("appendonly", "yes"), ("appendfsync", "everysec"), ("maxmemory-policy", "noeviction")];
}
