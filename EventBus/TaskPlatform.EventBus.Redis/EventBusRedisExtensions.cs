using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Lets a bus deliver its events through Redis Streams.</summary>
public static class EventBusRedisExtensions
{
    /// <summary>Uses the server of a connection string.</summary>
    /// <param name="bus">The bus.</param>
    /// <param name="connectionName">Its name in the section <c>ConnectionStrings</c> of the application's configuration.</param>
    public static EventBusBuilder UseRedis(this EventBusBuilder bus, string connectionName)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionName);
        return bus.UseConnection(application => RedisConnection.Open(application, ConfigurationOptions.Parse(
            application.GetService<IConfiguration>()?.GetConnectionString(connectionName) is { Length: > 0 } found
                ? found
                : throw new EventBusSetupException($"The configuration has no ConnectionStrings:{connectionName}, which UseRedis(\"{connectionName}\") needs."))));
    }

    /// <summary>Uses the server that the options name: <c>UseRedis(ConfigurationOptions.Parse("localhost:6379"))</c>.</summary>
    /// <param name="bus">The bus.</param>
    /// <param name="options">The options, which are copied. Timeouts that they don't set are those that the bus needs to recover fast.</param>
    public static EventBusBuilder UseRedis(this EventBusBuilder bus, ConfigurationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var own = options.Clone();
        return bus.UseConnection(application => RedisConnection.Open(application, own.Clone()));
    }

    /// <summary>
    /// Shares a connection with the application, which keeps it open. The bus opens others like it for blocking reads. The options of the connection
    /// are the application's: the bus detects a server that doesn't reply only when the driver does.
    /// </summary>
    /// <param name="bus">The bus.</param>
    /// <param name="connection">
    /// Returns the connection, given the application's provider. Its options must set <see cref="ConfigurationOptions.AllowAdmin"/>; otherwise the application does not start.
    /// </param>
    public static EventBusBuilder UseRedis(this EventBusBuilder bus, Func<IServiceProvider, IConnectionMultiplexer> connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return bus.UseConnection(application => RedisConnection.Share(connection(application)));
    }

    /// <summary>Uses a connection that is opened when the bus starts.</summary>
    internal static EventBusBuilder UseConnection(this EventBusBuilder bus, Func<IServiceProvider, RedisConnection> connect)
    {
        ArgumentNullException.ThrowIfNull(bus);
        var parts = bus.Parts;
        parts.AddSingleton(provider => connect(provider.GetRequiredService<ApplicationScopes>().Application));
        parts.AddHostedService<ConnectionWatchdog>();
        parts.AddSingleton(provider => new RedisKeys(provider.GetRequiredService<EventBusOptions>().KeyPrefix));
        parts.AddSingleton<RedisReceivers>();
        parts.AddSingleton<IEventTransport, RedisTransport>();
        parts.AddSingleton<AdminCalls>();
        parts.AddSingleton<IDeadLetterQueue, DeadLetterQueue>();
        parts.AddSingleton<IStreamAdmin, StreamAdmin>();
        parts.AddSingleton<IReplays, Replays>();
        bus.AddMonitoring<RedisMonitoringStore>();
        parts.AddHostedService<EvictionCheck>();
        parts.AddSingleton<RetryForwarder>();
        parts.AddHostedService(provider => provider.GetRequiredService<RetryForwarder>());
        return bus;
    }
}
