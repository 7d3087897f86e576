namespace TaskPlatform.EventBus;

/// <summary>A handler's call for an event of a batch: what was decided, and what was learned from failed attempts.</summary>
internal sealed class WorkItem(BatchEvent parent, GroupHandler handler)
{
    public BatchEvent Event => parent;

    public Delivery Delivery => parent.Delivery;

    public GroupHandler Handler => handler;

    public Outcome Outcome { get; set; } = Outcome.Open;

    /// <summary>Whether it failed in a shared transaction and has to be handled alone.</summary>
    public bool RunsAlone { get; set; }

    /// <summary>The failures that may be the store's.</summary>
    public TransientHistory Transient => field ??= new();

    /// <inheritdoc cref="BatchEvent.IsWithdrawn"/>
    public bool IsWithdrawn => parent.IsWithdrawn;

    /// <summary>The inbox row that is committed with the handler's effects.</summary>
    public InboxKey Key => new(handler.Consumer, Delivery.EventId);

    /// <summary>
    /// Events with the same key are handled in order. If an event has several handlers, one that fails holds back only its own later events.
    /// </summary>
    public (string Handler, string AggregateType, string AggregateId) OrderingKey
    {
        get
        {
            var (type, id) = Delivery.OrderingKey;
            return (handler.IsOnly ? "" : handler.Name, type, id);
        }
    }

    /// <summary>
    /// The row that says the same since the event's other handlers were added or removed; null where there can be none: a first delivery to its
    /// only handler.
    /// </summary>
    private InboxKey? OtherKey => handler.IsOnly && Delivery is { Attempt: 0, EarlierDeliveries: 0, TargetGroup: null }
        ? null
        : new InboxKey(handler.OtherConsumer, Delivery.EventId);

    /// <summary>The rows to look up, of which each means that the event was handled, without duplicates.</summary>
    public static List<InboxKey> KeysOf(IReadOnlyList<WorkItem> items)
    {
        var keys = new List<InboxKey>(items.Count);
        var known = new HashSet<InboxKey>(items.Count);
        foreach (var item in items)
        {
            if (known.Add(item.Key))
                keys.Add(item.Key);
            if (item.OtherKey is { } other && known.Add(other))
                keys.Add(other);
        }

        return keys;
    }

    /// <summary>Whether the handler has handled the event before.</summary>
    /// <param name="rows">The rows of <see cref="KeysOf"/> that exist.</param>
    public bool IsHandled(IReadOnlySet<InboxKey> rows) => rows.Contains(Key) || (OtherKey is { } other && rows.Contains(other));
}
