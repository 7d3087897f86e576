using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

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
        services.AddOptions<EventBusOptions>().BindConfiguration(EventBusOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        if (configure is not null)
            services.Configure(configure);

        var settings = new RedisSettings();
        builder.AddRedisClient(connectionName, client => client.DisableHealthChecks = true, settings.Configure);
        services.AddSingleton(settings);
        services.AddSingleton<BusHealth>();
        services.AddHostedService<ConnectionWatchdog>();
        services.AddHealthChecks().AddCheck<BusHealthCheck>("event-bus");
        services.AddSingleton(events);
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<EventBusOptions>>().Value);
        services.AddSingleton(provider => new RedisKeys(provider.GetRequiredService<EventBusOptions>().KeyPrefix));
        services.AddSingleton(provider =>
            ConsumerName.Of(builder.Environment.ApplicationName, provider.GetRequiredService<EventBusOptions>()));
        services.AddSingleton<RetryPolicy>();
        services.AddSingleton<RedisReceivers>();
        services.AddSingleton<IEventTransport, RedisTransport>();
        services.AddSingleton<AdminCalls>();
        services.AddSingleton<IDeadLetterQueue, DeadLetterQueue>();
        services.AddSingleton<IStreamAdmin, StreamAdmin>();
        services.AddSingleton<IReplays, Replays>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddMonitoring();
        services.AddSingleton<BackgroundLoops>();
        services.AddSingleton<RetryForwarder>();
        services.AddHostedService(provider => provider.GetRequiredService<RetryForwarder>());
        services.AddHostedService<ConsumerHost>();
        services.AddOptions<HostOptions>().PostConfigure<EventBusOptions>((host, bus) =>
        {
            // The host must not time out before the consumers have drained.
            var minimum = bus.DrainTimeout + TimeSpan.FromSeconds(10);
            host.ShutdownTimeout = host.ShutdownTimeout > minimum ? host.ShutdownTimeout : minimum;
        });
        return new EventBusBuilder(builder, events);
    }
}
