using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace TaskPlatform.EventBus.InMemory;

/// <summary>Runs the event bus in the process's memory, for tests and development.</summary>
public static class EventBusInMemoryExtensions
{
    /// <summary>Adds the event bus without a server. Everything is lost with the process.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="events">The event types of the solution.</param>
    /// <param name="configure">Settings beyond the section <c>EventBus</c>.</param>
    /// <param name="broker">The broker to use, where several hosts share one; null for one of the host's own, on its <see cref="TimeProvider"/>.</param>
    public static EventBusBuilder AddInMemoryEventBus(
        this IHostApplicationBuilder builder,
        EventCatalog events,
        Action<EventBusOptions>? configure = null,
        InMemoryBroker? broker = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(events);

        var services = builder.Services;
        if (broker is null)
            services.AddSingleton(provider => new InMemoryBroker(provider.GetRequiredService<TimeProvider>()));
        else
            services.AddSingleton(broker);
        services.AddSingleton<IEventTransport, InMemoryTransport>();
        services.AddSingleton<IDeadLetterQueue, InMemoryDeadLetterQueue>();
        services.AddSingleton<IStreamAdmin, InMemoryStreamAdmin>();
        services.AddSingleton<IReplays, InMemoryReplays>();
        services.AddMonitoring<InMemoryMonitoringStore>();
        services.TryAddScoped(provider => new InMemoryPublisher(
            provider.GetRequiredService<EventCatalog>(), provider.GetRequiredService<EventSender>(), provider.GetRequiredService<TimeProvider>()));
        services.AddScoped<ICauseRecorder>(provider => provider.GetRequiredService<InMemoryPublisher>());
        services.AddHostedService<RetentionService>();
        return builder.AddEventBusEngine(events, configure);
    }

    /// <summary>Keeps the group's inbox in the broker's memory: an event that was handled is not handled again, and one that fails publishes nothing.</summary>
    public static ConsumerGroupBuilder UseInMemoryInbox(this ConsumerGroupBuilder group)
    {
        ArgumentNullException.ThrowIfNull(group);
        group.EventBus.Host.Services.AddKeyedSingleton<IInbox, InMemoryInbox>(group.Group.Name);
        return group;
    }
}
