using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace TaskPlatform.EventBus;

/// <summary>What a service says of its part in the event bus, in the order it says it.</summary>
public sealed class EventBusBuilder
{
    private readonly HashSet<string> groups = new(StringComparer.Ordinal);

    /// <summary>For transports; services call <c>AddEventBus</c> of one.</summary>
    public EventBusBuilder(IHostApplicationBuilder host, EventCatalog catalog)
    {
        Host = host;
        Catalog = catalog;
    }

    /// <summary>The application that is being built.</summary>
    public IHostApplicationBuilder Host { get; }

    /// <summary>The event types that can be published and subscribed to.</summary>
    public EventCatalog Catalog { get; }

    /// <summary>Adds a consumer group: every event of its subscriptions is handled once by one of its processes.</summary>
    /// <param name="name">The group's name in Redis and in the inbox, for example <c>notifications_service</c>.</param>
    /// <exception cref="InvalidOperationException">The process has a group of that name already.</exception>
    public ConsumerGroupBuilder AddConsumerGroup(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (!groups.Add(name))
            throw new InvalidOperationException($"The consumer group '{name}' is registered twice.");

        var group = new ConsumerGroup(name);
        Host.Services.AddSingleton(group);
        return new ConsumerGroupBuilder(this, group);
    }
}
