using Microsoft.Extensions.DependencyInjection;

namespace TaskPlatform.EventBus;

/// <summary>
/// Configures a bus: its events, its transport, its stores and its consumer groups. <c>AddEventBus</c> creates it and passes it to the application.
/// </summary>
public sealed partial class EventBusBuilder
{
    private readonly List<string> groups = [];

    internal EventBusBuilder(IServiceCollection services, string? name = null)
    {
        Services = services;
        Name = name;
        Parts = name is null ? services : new ServiceCollection();
    }

    /// <summary>The bus's name; null for the application's default bus.</summary>
    public string? Name { get; }

    /// <summary>The application's services: handlers, contexts and publishers.</summary>
    public IServiceCollection Services { get; }

    /// <summary>The event types that can be published and subscribed to.</summary>
    public EventCatalog Catalog { get; private set; } = new();

    internal Topologies Topologies { get; private set; } = Topologies.Default;

    /// <summary>The names of the groups, in the order in which they were added.</summary>
    internal IReadOnlyCollection<string> GroupNames => groups;

    /// <summary>Adds event types. They must be added before the groups that handle them.</summary>
    /// <param name="add">Adds each of them to the bus's catalog.</param>
    /// <exception cref="InvalidOperationException">A wire name is malformed or already used by another type.</exception>
    public EventBusBuilder AddEvents(Action<EventCatalog> add)
    {
        ArgumentNullException.ThrowIfNull(add);
        add(Catalog);
        return this;
    }

    /// <summary>Uses a catalog that several services share. It must be added before the groups that handle its events.</summary>
    /// <exception cref="InvalidOperationException">Events have been added before.</exception>
    public EventBusBuilder AddEvents(EventCatalog catalog)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        if (Catalog.Types.Count > 0)
            throw new InvalidOperationException("AddEvents with a whole catalog must come before any other events are added.");
        Catalog = catalog;
        return this;
    }

    /// <summary>Chooses the topology. <see cref="EventBusOptions.Topology"/> and <see cref="EventBusOptions.ReplacedTopology"/> take precedence.</summary>
    /// <param name="topology">What is published uses this one. Default: <see cref="Topology.PerEventType"/>.</param>
    /// <param name="replacing">The topology that was used before, until every group has finished what was published with it.</param>
    public EventBusBuilder UseTopology(Topology topology, Topology? replacing = null)
    {
        ArgumentNullException.ThrowIfNull(topology);
        Topologies = new Topologies(topology, replacing);
        return this;
    }

    /// <summary>Changes options of the bus; applied after its configuration section.</summary>
    public EventBusBuilder Configure(Action<EventBusOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        Services.AddOptions<EventBusOptions>(Name).Configure(configure);
        return this;
    }

    /// <summary>Adds a consumer group: each event that it subscribes to is handled by one of the group's processes.</summary>
    /// <param name="name">The group's name in the transport and in the inbox, for example <c>notifications_service</c>.</param>
    /// <param name="configure">Adds the group's handlers.</param>
    /// <exception cref="InvalidOperationException">The bus already has a group with this name.</exception>
    public EventBusBuilder AddConsumerGroup(string name, Action<ConsumerGroupBuilder> configure)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(configure);
        if (groups.Contains(name))
            throw new InvalidOperationException($"The consumer group '{name}' is registered twice.");
        groups.Add(name);

        var group = new ConsumerGroup(name);
        Parts.AddSingleton(provider =>
        {
            group.Topologies = provider.GetRequiredService<Topologies>();
            return group;
        });
        configure(new ConsumerGroupBuilder(this, group));
        return this;
    }
}
