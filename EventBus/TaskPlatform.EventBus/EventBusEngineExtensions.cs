using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace TaskPlatform.EventBus;

/// <summary>Adds the engine of the bus: what is the same whatever the transport.</summary>
public static class EventBusEngineExtensions
{
    /// <summary>
    /// Adds options, health and consumers. For transports, which register an <see cref="IEventTransport"/> and their background services first: hosted
    /// services stop in reverse order, so the consumers stop before what they depend on. Services call the method of a transport.
    /// </summary>
    /// <param name="builder">The application.</param>
    /// <param name="events">The event types of the solution.</param>
    /// <param name="configure">Settings beyond the section <c>EventBus</c>.</param>
    public static EventBusBuilder AddEventBusEngine(this IHostApplicationBuilder builder, EventCatalog events, Action<EventBusOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(events);

        var services = builder.Services;
        services.AddOptions<EventBusOptions>().BindConfiguration(EventBusOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        if (configure is not null)
            services.Configure(configure);

        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(events);
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<EventBusOptions>>().Value);
        services.AddSingleton(provider =>
            ConsumerName.Of(builder.Environment.ApplicationName, provider.GetRequiredService<EventBusOptions>()));
        services.AddSingleton<EventSender>();
        services.AddSingleton<BusHealth>();
        services.AddHealthChecks().AddCheck<BusHealthCheck>("event-bus");
        services.AddSingleton<RetryPolicy>();
        services.AddSingleton<BackgroundLoops>();
        services.AddHostedService<ConsumerHost>();
        services.AddOptions<HostOptions>().PostConfigure<EventBusOptions>((host, bus) =>
        {
            // The host must wait for the consumers to drain.
            var needed = bus.DrainTimeout + TimeSpan.FromSeconds(10);
            host.ShutdownTimeout = host.ShutdownTimeout > needed ? host.ShutdownTimeout : needed;
        });
        return new EventBusBuilder(builder, events);
    }
}
