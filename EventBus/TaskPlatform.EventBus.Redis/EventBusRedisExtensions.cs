using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Registers the event bus on Redis Streams.</summary>
public static class EventBusRedisExtensions
{
    /// <summary>Adds the event bus, using the given Redis connection string.</summary>
    /// <param name="builder">The application builder.</param>
    /// <param name="connectionName">The name of the connection string.</param>
    /// <param name="events">The event types.</param>
    /// <param name="configure">Overrides settings of the <c>EventBus</c> section.</param>
    public static EventBusBuilder AddEventBus(
        this IHostApplicationBuilder builder,
        string connectionName,
        EventCatalog events,
        Action<EventBusOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionName);
        ArgumentNullException.ThrowIfNull(events);

        var services = builder.Services;
        var settings = new RedisSettings();
        builder.AddRedisClient(connectionName, client => client.DisableHealthChecks = true, settings.Configure);
        services.AddSingleton(settings);
        services.AddHostedService<ConnectionWatchdog>();
        services.AddSingleton(provider => new RedisKeys(provider.GetRequiredService<EventBusOptions>().KeyPrefix));
        services.AddSingleton<RedisReceivers>();
        services.AddSingleton<IEventTransport, RedisTransport>();
        services.AddSingleton<AdminCalls>();
        services.AddSingleton<IDeadLetterQueue, DeadLetterQueue>();
        services.AddSingleton<IStreamAdmin, StreamAdmin>();
        services.AddSingleton<IReplays, Replays>();
        services.AddMonitoring<RedisMonitoringStore>();
        services.AddHostedService<EvictionCheck>();
        services.AddSingleton<RetryForwarder>();
        services.AddHostedService(provider => provider.GetRequiredService<RetryForwarder>());
        return builder.AddEventBusEngine(events, configure);
    }
}
