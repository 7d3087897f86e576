using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace TaskPlatform.EventBus;

/// <summary>Configures a service's use of the event bus.</summary>
public sealed class EventBusBuilder
{
    private readonly HashSet<string> groups = new(StringComparer.Ordinal);

    /// <summary>Creates a builder. Called by transports; services call a transport's <c>AddEventBus</c>.</summary>
    public EventBusBuilder(IHostApplicationBuilder host, EventCatalog catalog)
    {
        Host = host;
        Catalog = catalog;
    }

    /// <summary>The application builder.</summary>
    public IHostApplicationBuilder Host { get; }

    /// <summary>The event types that can be published and subscribed to.</summary>
    public EventCatalog Catalog { get; }

    /// <summary>Adds a consumer group: each event that it subscribes to is handled by one of the group's processes.</summary>
    /// <param name="name">The group's name in Redis and in the inbox, for example <c>notifications_service</c>.</param>
    /// <exception cref="InvalidOperationException">The process already has a group with this name.</exception>
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
