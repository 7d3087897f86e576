namespace TaskPlatform.EventBus;

/// <summary>A consumer group of this process, with its handlers.</summary>
public sealed partial class ConsumerGroup
{
    private readonly Dictionary<string, List<Subscription>> subscriptions = new(StringComparer.Ordinal);

    private IReadOnlyCollection<string>? channels;

    internal ConsumerGroup(string name) => Name = name;

    /// <summary>The name in the transport and in the inbox.</summary>
    public string Name { get; }

    /// <summary>The wire names of the events that the group handles, including aliases.</summary>
    public IReadOnlyCollection<string> EventTypes => subscriptions.Keys;

    /// <summary>The channels on which these events are.</summary>
    public IReadOnlyCollection<string> Channels => channels ??= Topologies.ChannelsOf(EventTypes);

    /// <summary>
    /// The order in which it handles the events of an aggregate. With <see cref="EventOrdering.Strict"/> the transport gives each channel to one process
    /// of the group at a time. Known once the group's consumer is created.
    /// </summary>
    public EventOrdering Ordering { get; internal set; }

    /// <summary>The topologies of its bus.</summary>
    public Topologies Topologies { get; internal set; } = Topologies.Default;

    /// <summary>The transport's <see cref="IEventTransport.System"/>, for spans and metrics; empty until the group's consumer is created.</summary>
    internal string MessagingSystem { get; set; } = "";

    /// <summary>The handlers, by wire name.</summary>
    internal IReadOnlyDictionary<string, List<Subscription>> Subscriptions => subscriptions;

    /// <summary>The middleware of all handlers, in order.</summary>
    internal List<Type> Middleware { get; } = [];

    /// <summary>The <see cref="IDeadLetterHandler"/> to call, if any.</summary>
    internal Type? DeadLetterHandler { get; private set; }

    internal void SetDeadLetterHandler(Type handler)
    {
        if (DeadLetterHandler is { } first)
            throw new InvalidOperationException($"The group '{Name}' has two dead letter handlers: {first.Name} and {handler.Name}.");
        DeadLetterHandler = handler;
    }

    internal void Add(Subscription subscription)
    {
        if (!subscriptions.TryGetValue(subscription.EventType, out var handlers))
            subscriptions.Add(subscription.EventType, handlers = []);
        if (handlers.Exists(other => other.HandlerType == subscription.HandlerType))
            throw new InvalidOperationException($"The group '{Name}' has {subscription.HandlerType.Name} handle '{subscription.EventType}' twice.");
        if (handlers.Exists(other => other.Name == subscription.Name))
        {
            throw new InvalidOperationException(
                $"The group '{Name}' has two handlers with the name '{subscription.Name}' for '{subscription.EventType}'; set another with Name(…).");
        }

        handlers.Add(subscription);
        foreach (var alias in subscription.Aliases)
            subscriptions[alias] = handlers;
        channels = null;
    }
}
