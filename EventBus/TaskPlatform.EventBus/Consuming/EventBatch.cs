using System.Diagnostics;

namespace TaskPlatform.EventBus;

/// <summary>The events that a worker handles together, and what has been decided about them so far.</summary>
internal sealed class EventBatch(IEnumerable<Delivery> deliveries)
{
    private readonly List<BatchEvent> events = [.. deliveries.Select(delivery => new BatchEvent(delivery))];

    public IReadOnlyList<BatchEvent> Events => events;

    public IEnumerable<Delivery> Deliveries => events.Select(one => one.Delivery);

    public bool IsEmpty => events.Count == 0;

    /// <summary>Decides each event as its handler's call was decided.</summary>
    public void Conclude()
    {
        foreach (var one in events)
        {
            if (one.Item is { } item)
                one.Outcome = item.Outcome;
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

    /// <summary>Removes the undecided events that another consumer owns now.</summary>
    /// <returns>The removed events.</returns>
    public List<Delivery> RemoveOpen(Func<Delivery, bool> isLost)
    {
        var removed = new List<Delivery>();
        events.RemoveAll(one =>
        {
            if (!one.Outcome.IsOpen || !isLost(one.Delivery))
                return false;
            removed.Add(one.Delivery);
            return true;
        });
        return removed;
    }
}

/// <summary>An event of a batch.</summary>
internal sealed class BatchEvent(Delivery delivery)
{
    public Delivery Delivery => delivery;

    /// <summary>The payload, once it has been deserialized.</summary>
    public object? Payload { get; set; }

    /// <summary>The call of its handler; null until the event was found valid.</summary>
    public WorkItem? Item { get; set; }

    /// <summary>What was decided about the event as a whole.</summary>
    public Outcome Outcome { get; set; } = Outcome.Open;

    /// <summary>The context of its handler's span, the parent of later spans.</summary>
    public ActivityContext? ProcessContext { get; set; }

    /// <summary>Whether the group's <see cref="IDeadLetterHandler"/> has run.</summary>
    public bool IsDeadLetterHandled { get; set; }

    /// <summary>The failures of the dead letter handler that may be the store's.</summary>
    public TransientHistory Transient => field ??= new();
}

/// <summary>A handler's call for an event of a batch: what was decided, and what was learned from failed attempts.</summary>
internal sealed class WorkItem(BatchEvent parent, Subscription handler)
{
    public BatchEvent Event => parent;

    public Delivery Delivery => parent.Delivery;

    public Subscription Handler => handler;

    public Outcome Outcome { get; set; } = Outcome.Open;

    /// <summary>Whether it failed in a shared transaction and has to be handled alone.</summary>
    public bool RunsAlone { get; set; }

    /// <summary>The failures that may be the store's.</summary>
    public TransientHistory Transient => field ??= new();
}

/// <summary>An event's outcome, as the transport has to be informed of it.</summary>
/// <param name="Delivery">The event.</param>
/// <param name="Outcome">Its outcome; not open.</param>
/// <param name="ProcessContext">The context of its handler's span; null if it has none.</param>
internal readonly record struct Decision(Delivery Delivery, Outcome Outcome, ActivityContext? ProcessContext = null);
