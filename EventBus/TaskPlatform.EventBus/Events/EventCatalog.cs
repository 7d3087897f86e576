using System.Text.RegularExpressions;

namespace TaskPlatform.EventBus;

/// <summary>Every event type a solution knows, by wire name. What is not in it can be neither published nor subscribed to.</summary>
public sealed partial class EventCatalog
{
    private readonly Dictionary<string, Type> types = new(StringComparer.Ordinal);

    /// <summary>The wire names, in the order they were added.</summary>
    public IReadOnlyCollection<string> Types => types.Keys;

    /// <summary>Adds an event type.</summary>
    /// <exception cref="InvalidOperationException">The wire name is malformed, or belongs to another type already.</exception>
    public EventCatalog Add<TEvent>()
        where TEvent : IEvent<TEvent>
    {
        if (!WireName().IsMatch(TEvent.Type))
            throw new InvalidOperationException($"The event type '{TEvent.Type}' of {typeof(TEvent).Name} is not of the form 'aggregate.fact'.");
        if (!types.TryAdd(TEvent.Type, typeof(TEvent)))
            throw new InvalidOperationException($"The event type '{TEvent.Type}' stands for both {types[TEvent.Type].Name} and {typeof(TEvent).Name}.");
        return this;
    }

    /// <summary>Whether the type is known under its wire name.</summary>
    public bool Contains<TEvent>()
        where TEvent : IEvent<TEvent>
        => types.TryGetValue(TEvent.Type, out var known) && known == typeof(TEvent);

    [GeneratedRegex("^[a-z][a-z0-9_]*\\.[a-z][a-z0-9_]*$")]
    private static partial Regex WireName();
}
