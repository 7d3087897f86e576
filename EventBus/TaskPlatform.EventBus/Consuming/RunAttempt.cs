namespace TaskPlatform.EventBus;

/// <summary>An attempt to handle consecutive events in one transaction, with the outcome of each if the transaction is committed.</summary>
internal sealed class RunAttempt(IReadOnlyList<WorkItem> run)
{
    private readonly HashSet<InboxKey> begun = [];
    private readonly List<(WorkItem Item, bool HandledNow)> done = [];
    private readonly List<WorkItem> parked = [];
    private readonly List<FailedItem> failed = [];
    private readonly HashSet<(string, string, string)> left = [];
    private WorkItem? running;

    public IReadOnlyList<WorkItem> Run => run;

    /// <summary>Whether any event has been completed or has failed.</summary>
    public bool HasBegun => done.Count + failed.Count > 0;

    /// <summary>The event whose handler is running; null if none is.</summary>
    public WorkItem? Running => running;

    /// <summary>The completed events, and whether each was handled in this attempt.</summary>
    public IReadOnlyList<(WorkItem Item, bool HandledNow)> Done => done;

    /// <summary>The events that were parked behind the heads of their sequences.</summary>
    public IReadOnlyList<WorkItem> Parked => parked;

    /// <summary>The failed events, whose effects were rolled back to their savepoint.</summary>
    public IReadOnlyList<FailedItem> Failed => failed;

    /// <summary>The inbox rows of the handlers that were called.</summary>
    public IReadOnlyList<InboxKey> Keys => [.. begun];

    /// <summary>Records the start of a handler.</summary>
    /// <returns>False if the same event occurred in this run before.</returns>
    public bool Begin(WorkItem item)
    {
        running = item;
        return begun.Add(item.Key);
    }

    /// <summary>Records that an event is complete.</summary>
    public void Complete(WorkItem item, bool handledNow)
    {
        // If an event has failed, its second entry is left for the next run.
        if (handledNow || failed.TrueForAll(failure => failure.Item.Key != item.Key))
            done.Add((item, handledNow));
        running = null;
    }

    /// <summary>Records that an event was parked.</summary>
    public void Park(WorkItem item) => parked.Add(item);

    /// <summary>Records that an event failed and its effects were rolled back.</summary>
    /// <param name="item">The event.</param>
    /// <param name="error">The failure.</param>
    /// <param name="runsAgain">Whether to handle it again immediately, before later events of its aggregate.</param>
    /// <param name="holdsBack">Whether later events of its aggregate must not be handled in this run.</param>
    public void Fail(WorkItem item, Exception error, bool runsAgain, bool holdsBack = false)
    {
        if (runsAgain || holdsBack)
            left.Add(item.OrderingKey);
        failed.Add(new FailedItem(item, error, runsAgain));
        running = null;
    }

    /// <summary>Whether an earlier event of the same aggregate has to be handled again first.</summary>
    public bool IsLeft(WorkItem item) => left.Contains(item.OrderingKey);

    /// <summary>
    /// The runs to try if the transaction failed: the event that was running, alone and unless it is decided, and the events before and after it;
    /// if none was running, each half.
    /// </summary>
    public IEnumerable<IReadOnlyList<WorkItem>> Parts()
    {
        var all = run.ToList();
        var index = running is null ? -1 : all.IndexOf(running);
        var half = all.Count / 2;
        var cuts = index < 0 ? [0, half, all.Count] : (int[])[0, index, index + 1, all.Count];
        return cuts.Zip(cuts.Skip(1), (from, to) => all[from..to]).Where(part => part.Exists(item => item.Outcome.IsOpen));
    }
}

/// <summary>An event that failed in a shared transaction.</summary>
/// <param name="Item">The event.</param>
/// <param name="Error">The failure.</param>
/// <param name="RunsAgain">Whether it is handled again immediately, alone.</param>
internal readonly record struct FailedItem(WorkItem Item, Exception Error, bool RunsAgain);
