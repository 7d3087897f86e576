using Microsoft.Extensions.DependencyInjection;

namespace TaskPlatform.EventBus.InMemory;

/// <summary>Lets a bus deliver its events in the process's memory.</summary>
public static class EventBusInMemoryExtensions
{
    /// <summary>
    /// Uses a broker in memory. The application publishes by <see cref="InMemoryPublisher"/>, a scoped service, which for a named bus has its name as key.
    /// </summary>
    /// <param name="bus">The bus.</param>
    /// <param name="broker">The broker, where several hosts share one; null for one of the bus's own, on the application's <see cref="TimeProvider"/>.</param>
    public static EventBusBuilder UseInMemory(this EventBusBuilder bus, InMemoryBroker? broker = null)
    {
        ArgumentNullException.ThrowIfNull(bus);
        var parts = bus.Parts;
        if (broker is null)
            parts.AddSingleton(provider => new InMemoryBroker(provider.GetRequiredService<TimeProvider>()));
        else
            parts.AddSingleton(broker);
        parts.AddSingleton<IEventTransport, InMemoryTransport>();
        parts.AddSingleton<IDeadLetterQueue, InMemoryDeadLetterQueue>();
        parts.AddSingleton<IStreamAdmin, InMemoryStreamAdmin>();
        parts.AddSingleton<IReplays, InMemoryReplays>();
        bus.AddMonitoring<InMemoryMonitoringStore>();
        parts.AddHostedService<RetentionService>();
        bus.Services.AddKeyedScoped(bus.Name, (application, _) => CreatePublisher(bus.PartsOf(application)));
        bus.Services.AddScoped<ICauseRecorder>(scope => scope.GetRequiredKeyedService<InMemoryPublisher>(bus.Name));
        return bus;
    }

    /// <summary>Keeps the group's inbox in the broker's memory: an event that was handled is not handled again, and one that fails publishes nothing.</summary>
    public static ConsumerGroupBuilder UseInMemoryInbox(this ConsumerGroupBuilder group)
    {
        ArgumentNullException.ThrowIfNull(group);
        group.EventBus.Parts.AddKeyedSingleton<IInbox, InMemoryInbox>(group.Group.Name);
        return group;
    }

    private static InMemoryPublisher CreatePublisher(IServiceProvider parts)
        => new(parts.GetRequiredService<EventCatalog>(), parts.GetRequiredService<EventSender>(), parts.GetRequiredService<TimeProvider>());
}
