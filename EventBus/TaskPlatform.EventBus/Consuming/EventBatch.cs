using System.Diagnostics;

namespace TaskPlatform.EventBus;

/// <summary>The events that a worker handles together, and what has been decided about them so far.</summary>
internal sealed class EventBatch(IEnumerable<Delivery> deliveries, Func<string, bool>? isClosed = null, bool isHead = false)
{
    private readonly List<BatchEvent> events = [.. deliveries.Select(delivery => new BatchEvent(delivery, isClosed) { IsHead = isHead })];

    public IReadOnlyList<BatchEvent> Events => events;

    /// <summary>The undecided events, of which another consumer may not become the owner unnoticed.</summary>
    public List<Delivery> OpenDeliveries() => [.. events.Where(one => one.Outcome.IsOpen).Select(one => one.Delivery)];

    public bool IsEmpty => events.Count == 0;

    /// <summary>
    /// The calls to make, in order; those that were postponed are made again. The first handler's calls for all events come first, then those of the
    /// second one, so that events of one unit of work follow one another. After a crash another handler begins, because it may have been the
    /// first one's fault.
    /// </summary>
    public List<WorkItem> OpenItems()
    {
        var open = new List<WorkItem>(events.Count);
        for (var (slot, slots) = (0, 1); slot < slots; slot++)
        {
            foreach (var one in events)
            {
                if (!one.Outcome.IsOpen || slot >= one.Items.Count)
                    continue;
                slots = Math.Max(slots, one.Items.Count);
                var item = one.Items[(int)((slot + one.Delivery.EarlierDeliveries) % one.Items.Count)];
                if (!item.Outcome.IsOpen)
                    continue;
                item.Outcome = Outcome.Open;
                open.Add(item);
            }
        }

        return open;
    }

    /// <summary>Decides each event as the calls of its handlers were decided.</summary>
    public void Conclude()
    {
        foreach (var one in events)
        {
            if (one.Items.Count > 0 && !one.Delivery.IsSkip)
                one.Outcome = one.Items.Count == 1 ? one.Items[0].Outcome : CombinedOutcome.Of(one.Items);
        }
    }

    /// <summary>The decided events, to be settled.</summary>
    public List<Decision> Decisions()
    {
        var decisions = new List<Decision>(events.Count);
        foreach (var decided in events)
        {
            if (!decided.Outcome.IsOpen)
                decisions.Add(new Decision(decided.Delivery, decided.Outcome, decided.ProcessContext));
        }

        return decisions;
    }

    /// <summary>Removes the undecided events that another consumer owns, or is to own.</summary>
    /// <returns>The removed events.</returns>
    public List<Delivery> RemoveOpen(Func<BatchEvent, bool> isLost)
    {
        var removed = new List<Delivery>();
        events.RemoveAll(one =>
        {
            if (!one.Outcome.IsOpen || !isLost(one))
                return false;
            removed.Add(one.Delivery);
            return true;
        });
        return removed;
    }
}

/// <summary>An event of a batch.</summary>
internal sealed class BatchEvent(Delivery delivery, Func<string, bool>? isClosed)
{
    public Delivery Delivery => delivery;

    /// <summary>Whether another process is to handle it: no further handler is started on it.</summary>
    public bool IsWithdrawn => isClosed?.Invoke(delivery.Stream) == true;

    /// <summary>Whether it comes from the group's parked events, as the head of its sequence.</summary>
    public bool IsHead { get; init; }

    /// <summary>Whether it comes from the transport although it is the head of a sequence: it is being reprocessed.</summary>
    public bool IsReprocessedHead { get; set; }

    /// <summary>The payload, once it has been deserialized.</summary>
    public object? Payload { get; private set; }

    /// <summary>The calls of its handlers, in the order in which they were registered; empty until the event was found valid.</summary>
    public IReadOnlyList<WorkItem> Items { get; private set; } = [];

    /// <summary>What was decided about the event as a whole.</summary>
    public Outcome Outcome { get; set; } = Outcome.Open;

    /// <summary>The context of its handler's span, the parent of later spans.</summary>
    public ActivityContext? ProcessContext { get; set; }

    /// <summary>Whether the group's <see cref="IDeadLetterHandler"/> has run.</summary>
    public bool IsDeadLetterHandled { get; set; }

    /// <summary>The failures of the dead letter handler that may be the store's.</summary>
    public TransientHistory Transient => field ??= new();

    /// <summary>Begins the calls of its handlers.</summary>
    public void Begin(object? payload, IReadOnlyList<GroupHandler> handlers)
    {
        Payload = payload;
        var items = new WorkItem[handlers.Count];
        for (var i = 0; i < items.Length; i++)
            items[i] = new WorkItem(this, handlers[i]);
        Items = items;
    }
}

/// <summary>An event's outcome, as the transport has to be informed of it.</summary>
/// <param name="Delivery">The event.</param>
/// <param name="Outcome">Its outcome; not open.</param>
/// <param name="ProcessContext">The context of its handler's span; null if it has none.</param>
internal readonly record struct Decision(Delivery Delivery, Outcome Outcome, ActivityContext? ProcessContext = null);
