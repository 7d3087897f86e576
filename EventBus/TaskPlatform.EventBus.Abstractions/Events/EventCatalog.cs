using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace TaskPlatform.EventBus;

/// <summary>All event types of a solution, by wire name. Other types can be neither published nor subscribed to.</summary>
public sealed partial class EventCatalog
{
    private readonly Dictionary<string, Type> types = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyList<string>> aliases = new(StringComparer.Ordinal);
    private readonly Dictionary<(string EventType, long Schema), Func<JsonObject, JsonObject>> upcasters = [];

    /// <summary>The wire names, including aliases, in the order they were added. Each has a stream.</summary>
    public IReadOnlyCollection<string> Types => types.Keys;

    /// <summary>Adds an event type.</summary>
    /// <param name="aliases">
    /// Its former wire names, for example <c>order.created</c>. Events that were published under them are handled like those of the current name;
    /// publishing uses only the current one.
    /// </param>
    /// <exception cref="InvalidOperationException">The wire name or an alias is malformed, or already used as a name or an alias.</exception>
    public EventCatalog Add<TEvent>(params string[] aliases)
        where TEvent : IEvent<TEvent>
    {
        ArgumentNullException.ThrowIfNull(aliases);
        Add(TEvent.Type, typeof(TEvent));
        foreach (var alias in aliases)
            Add(alias, typeof(TEvent));
        this.aliases.Add(TEvent.Type, [.. aliases]);
        return this;
    }

    /// <summary>The former wire names of an event type; empty if it has none or is not in the catalog.</summary>
    public IReadOnlyList<string> AliasesOf<TEvent>()
        where TEvent : IEvent<TEvent>
        => aliases.GetValueOrDefault(TEvent.Type) ?? [];

    /// <summary>
    /// Adds a conversion of payloads from <paramref name="fromSchema"/> to the next schema. A payload that is several schemas
    /// behind is converted by one upcaster after the other.
    /// </summary>
    /// <param name="fromSchema">The schema to convert from; less than the event type's own.</param>
    /// <param name="upcast">Returns the payload in the next schema; it may modify its argument.</param>
    /// <exception cref="InvalidOperationException">The event is not in the catalog, or already has an upcaster for this schema.</exception>
    public EventCatalog AddUpcaster<TEvent>(int fromSchema, Func<JsonObject, JsonObject> upcast)
        where TEvent : IEvent<TEvent>
    {
        ArgumentNullException.ThrowIfNull(upcast);
        ArgumentOutOfRangeException.ThrowIfLessThan(fromSchema, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(fromSchema, TEvent.Schema);
        if (!Contains<TEvent>())
            throw new InvalidOperationException($"The event '{TEvent.Type}' ({typeof(TEvent).Name}) is not in the event catalog.");
        if (!upcasters.TryAdd((TEvent.Type, fromSchema), upcast))
            throw new InvalidOperationException($"The event '{TEvent.Type}' has two upcasters from schema {fromSchema}.");
        return this;
    }

    /// <summary>Deserializes a payload that has the current schema or can be upcast to it.</summary>
    /// <param name="json">The payload.</param>
    /// <param name="schema">Its schema; null means the current one.</param>
    /// <exception cref="UnknownSchemaException">The schema is newer, or it is older and an upcaster is missing.</exception>
    /// <exception cref="JsonException">The payload does not match its schema.</exception>
    public TEvent Read<TEvent>(ReadOnlySpan<byte> json, long? schema)
        where TEvent : IEvent<TEvent>
    {
        if (schema is { } actual && actual != TEvent.Schema)
            return JsonSerializer.Deserialize(Upcast<TEvent>(json, actual), TEvent.JsonTypeInfo) ?? throw new JsonException("The payload is null.");
        return JsonSerializer.Deserialize(json, TEvent.JsonTypeInfo) ?? throw new JsonException("The payload is null.");
    }

    private JsonObject Upcast<TEvent>(ReadOnlySpan<byte> json, long schema)
        where TEvent : IEvent<TEvent>
    {
        if (schema > TEvent.Schema)
            throw new UnknownSchemaException($"The event '{TEvent.Type}' has schema {schema}; this process supports schemas up to {TEvent.Schema}.");

        JsonObject? payload = null;
        for (var from = schema; from < TEvent.Schema; from++)
        {
            if (!upcasters.TryGetValue((TEvent.Type, from), out var upcast))
                throw new UnknownSchemaException($"The event '{TEvent.Type}' has schema {schema}; there is no upcaster from {from} to {from + 1}.");
            payload = upcast(payload ?? JsonNode.Parse(json)!.AsObject());
        }

        return payload!;
    }

    /// <summary>Whether the type is in the catalog.</summary>
    public bool Contains<TEvent>()
        where TEvent : IEvent<TEvent>
        => types.TryGetValue(TEvent.Type, out var known) && known == typeof(TEvent) && aliases.ContainsKey(TEvent.Type);

    private void Add(string name, Type type)
    {
        if (name is null || !WireName().IsMatch(name))
            throw new InvalidOperationException($"The event type '{name}' of {type.Name} is not of the form 'aggregate.fact'.");
        if (!types.TryAdd(name, type))
            throw new InvalidOperationException($"The event type '{name}' is declared by both {types[name].Name} and {type.Name}.");
    }

    [GeneratedRegex("^[a-z][a-z0-9_]*\\.[a-z][a-z0-9_]*$")]
    private static partial Regex WireName();
}
