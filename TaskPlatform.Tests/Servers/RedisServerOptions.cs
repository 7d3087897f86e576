namespace TaskPlatform.Tests.Servers;

/// <summary>Settings that differ from those of the AppHost's Redis.</summary>
public sealed record RedisServerOptions
{
    /// <summary>As in redis.conf, for example <c>8mb</c>; 0 means no limit. A full server refuses writes; it never evicts keys.</summary>
    public string MaxMemory { get; init; } = "0";

    /// <summary>Whether data survives a restart.</summary>
    public bool AppendOnly { get; init; } = true;
}
