namespace TaskPlatform.Tests.Servers;

/// <summary>What a test may want different from the AppHost's Redis.</summary>
public sealed record RedisServerOptions
{
    /// <summary>As in redis.conf, such as <c>8mb</c>; 0 is no limit. A full server refuses writes; it never evicts.</summary>
    public string MaxMemory { get; init; } = "0";

    /// <summary>Whether what was written outlives the server.</summary>
    public bool AppendOnly { get; init; } = true;
}
