namespace TaskPlatform.EventBus;

/// <summary>An attempt to handle consecutive events in one transaction, with the outcome of each if the transaction is committed.</summary>
internal sealed class RunAttempt(IReadOnlyList<Delivery> run)
{
    private readonly HashSet<Guid> begun = [];
    private readonly List<(Delivery Delivery, bool HandledNow)> done = [];
    private readonly List<(Delivery Delivery, Exception Error)> failed = [];
    private readonly HashSet<(string, string)> left = [];
    private Delivery? running;

    public IReadOnlyList<Delivery> Run => run;

    /// <summary>Whether any event has been completed or has failed.</summary>
    public bool HasBegun => done.Count + failed.Count > 0;

    /// <summary>The event whose handler is running; null if none is.</summary>
    public Delivery? Running => running;

    /// <summary>The completed events, and whether each was handled in this attempt.</summary>
    public IReadOnlyList<(Delivery Delivery, bool HandledNow)> Done => done;

    /// <summary>The failed events, whose effects were rolled back to their savepoint.</summary>
    public IReadOnlyList<(Delivery Delivery, Exception Error)> Failed => failed;

    /// <summary>The events whose handlers were called.</summary>
    public IReadOnlyList<Guid> EventIds => [.. begun];

    /// <summary>Records the start of a handler.</summary>
    /// <returns>False if the same event occurred in this run before.</returns>
    public bool Begin(Delivery delivery)
    {
        running = delivery;
        return begun.Add(delivery.EventId);
    }

    /// <summary>Records that an event is complete.</summary>
    public void Complete(Delivery delivery, bool handledNow)
    {
        // If an event has failed, its second entry is left for the next run.
        if (handledNow || failed.TrueForAll(failure => failure.Delivery.EventId != delivery.EventId))
            done.Add((delivery, handledNow));
        running = null;
    }

    /// <summary>Records that an event failed and its effects were rolled back.</summary>
    /// <param name="delivery">The event.</param>
    /// <param name="error">The failure.</param>
    /// <param name="runsAgain">Whether to handle it again immediately, before later events of its aggregate.</param>
    public void Fail(Delivery delivery, Exception error, bool runsAgain)
    {
        delivery.RunsAlone |= runsAgain;
        if (runsAgain)
            left.Add(delivery.OrderingKey);
        failed.Add((delivery, error));
        running = null;
    }

    /// <summary>Whether an earlier event of the same aggregate has to be handled again first.</summary>
    public bool IsLeft(Delivery delivery) => left.Contains(delivery.OrderingKey);

    /// <summary>
    /// The runs to try if the transaction failed: the event that was running, alone and unless it is decided, and the events before and after it;
    /// if none was running, each half.
    /// </summary>
    public IEnumerable<IReadOnlyList<Delivery>> Parts()
    {
        var all = run.ToList();
        var index = running is null ? -1 : all.IndexOf(running);
        var half = all.Count / 2;
        var cuts = index < 0 ? [0, half, all.Count] : (int[])[0, index, index + 1, all.Count];
        return cuts.Zip(cuts.Skip(1), (from, to) => all[from..to]).Where(part => part.Exists(delivery => delivery.Outcome == Outcome.Open));
    }
}
