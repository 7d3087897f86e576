namespace TaskPlatform.EventBus;

/// <summary>The topology of a bus, and the one that it replaces while a change is under way.</summary>
/// <param name="Current">What is published uses this one.</param>
/// <param name="Replaced">What was published before used this one; null if nothing is being replaced.</param>
public sealed record Topologies(Topology Current, Topology? Replaced = null)
{
    /// <summary>The default: a channel for each event type.</summary>
    public static Topologies Default { get; } = new(Topology.PerEventType);

    /// <summary>All channels on which events of these types can be: those of the replaced topology first.</summary>
    public IReadOnlyList<string> ChannelsOf(IEnumerable<string> eventTypes)
    {
        var types = eventTypes as IReadOnlyCollection<string> ?? [.. eventTypes];
        return Replaced is null ? Current.ChannelsOf(types) : [.. Replaced.ChannelsOf(types).Union(Current.ChannelsOf(types), StringComparer.Ordinal)];
    }

    /// <summary>The names of those channels without their prefix, as operators see them: <c>task.created</c>, <c>task:3</c>.</summary>
    public IReadOnlyList<string> StreamsOf(EventCatalog events)
    {
        ArgumentNullException.ThrowIfNull(events);
        return [.. ChannelsOf(events.Types).Select(StreamName.TypeOf)];
    }

    /// <summary>Whether events of a type belong on a channel.</summary>
    public bool Accepts(string channel, string eventType) => Current.Accepts(channel, eventType) || Replaced?.Accepts(channel, eventType) == true;

    /// <exception cref="EventBusSetupException">Both have the same channels.</exception>
    internal static Topologies Of(EventBusOptions options, Topologies registered)
    {
        var topologies = new Topologies(
            options.Topology is { } current ? Topology.Parse(current) : registered.Current,
            options.ReplacedTopology is { } replaced ? Topology.Parse(replaced) : registered.Replaced);
        const string Any = "any.type";
        return topologies.Replaced?.ChannelsOf([Any]).Intersect(topologies.Current.ChannelsOf([Any])).Any() == true
            ? throw new EventBusSetupException($"The topology {topologies.Current} has channels of {topologies.Replaced}, which it replaces: raise its version, for example PerAggregate(16, version 2).")
            : topologies;
    }
}
