using Microsoft.Extensions.Hosting;

namespace Aspire.StackExchange.Redis;

/// <summary>What <c>AddRedisClientBuilder</c> registered, for further configuration.</summary>
public sealed class AspireRedisClientBuilder(IHostApplicationBuilder hostBuilder, StackExchangeRedisSettings settings, string? serviceKey)
{
    /// <summary>The host the client was added to.</summary>
    public IHostApplicationBuilder HostBuilder { get; } = hostBuilder ?? throw new ArgumentNullException(nameof(hostBuilder));

    /// <summary>The settings in force.</summary>
    public StackExchangeRedisSettings Settings { get; } = settings;

    /// <summary>The key the connection is registered with; null where it has none.</summary>
    public string? ServiceKey { get; } = serviceKey;
}
