using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>How the process reaches Redis, kept for the connections that the bus needs besides the shared one.</summary>
internal sealed class RedisSettings
{
    private ConfigurationOptions? options;

    /// <summary>Makes a connection that notices within seconds that its server is gone, and reconnects within one second.</summary>
    public void Tune(ConfigurationOptions configuration)
    {
        configuration.AbortOnConnectFail = false;
        configuration.AllowAdmin = true; // CLIENT UNBLOCK ends a blocking read at a stop.
        configuration.KeepAlive = 5;
        configuration.ConnectTimeout = 2000;
        configuration.ReconnectRetryPolicy = new LinearRetry(500);
        options = configuration.Clone();
    }

    /// <summary>Opens a connection of its own.</summary>
    /// <param name="name">How Redis lists it.</param>
    /// <param name="subscribes">Whether it also listens to channels, for which the driver keeps a second socket alive.</param>
    public async Task<ConnectionMultiplexer> ConnectAsync(string name, bool subscribes)
    {
        var own = options?.Clone() ?? throw new InvalidOperationException("The shared Redis connection is to be made first.");
        own.ClientName = name;
        if (!subscribes)
            own.CommandMap = CommandMap.Create(["SUBSCRIBE"], available: false);
        return await ConnectionMultiplexer.ConnectAsync(own);
    }
}
