namespace Aspire.StackExchange.Redis;

/// <summary>How to reach Redis, read from the section <c>Aspire:StackExchange:Redis</c> and below it <c>:{connectionName}</c>.</summary>
public sealed class StackExchangeRedisSettings
{
    /// <summary><c>host:port,password=…</c>. The configuration's <c>ConnectionStrings:{connectionName}</c> wins.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>Leaves out the health check. Default: false.</summary>
    public bool DisableHealthChecks { get; set; }

    /// <summary>Leaves out the client's own spans. Default: false. This client, being older, has none to leave out.</summary>
    public bool DisableTracing { get; set; }

    /// <summary>Connects on first use (the default, true) or when the host starts (false).</summary>
    public bool DisableAutoActivation { get; set; } = true;
}
