namespace TaskPlatform.EventBus;

/// <summary>An attempt to handle neighbouring events in one transaction: what becomes of each, if that is committed.</summary>
internal sealed class RunAttempt(IReadOnlyList<Delivery> run)
{
    private readonly HashSet<Guid> begun = [];
    private readonly List<(Delivery Delivery, bool HandledNow)> done = [];
    private readonly List<(Delivery Delivery, Exception Error)> failed = [];
    private readonly HashSet<(string, string)> left = [];
    private Delivery? running;

    public IReadOnlyList<Delivery> Run => run;

    /// <summary>Whether anything was decided.</summary>
    public bool HasBegun => done.Count + failed.Count > 0;

    /// <summary>The event whose handler has begun and not ended; null where none has.</summary>
    public Delivery? Running => running;

    /// <summary>The events that are done, and whether their handlers were called now.</summary>
    public IReadOnlyList<(Delivery Delivery, bool HandledNow)> Done => done;

    /// <summary>The events that failed without the others.</summary>
    public IReadOnlyList<(Delivery Delivery, Exception Error)> Failed => failed;

    /// <summary>The events whose handlers were called.</summary>
    public IReadOnlyList<Guid> EventIds => [.. begun];

    /// <summary>A handler is about to be called.</summary>
    /// <returns>False where this run has the same event before.</returns>
    public bool Begin(Delivery delivery)
    {
        running = delivery;
        return begun.Add(delivery.EventId);
    }

    /// <summary>It is done.</summary>
    public void Complete(Delivery delivery, bool handledNow)
    {
        // The second entry of an event that has failed is left for the next run.
        if (handledNow || failed.TrueForAll(failure => failure.Delivery.EventId != delivery.EventId))
            done.Add((delivery, handledNow));
        running = null;
    }

    /// <summary>It failed, and its effects are rolled back.</summary>
    /// <param name="delivery">The event.</param>
    /// <param name="error">Why.</param>
    /// <param name="runsAgain">Whether it is to be handled once more at once, before the others of its aggregate.</param>
    public void Fail(Delivery delivery, Exception error, bool runsAgain)
    {
        delivery.RunsAlone |= runsAgain;
        if (runsAgain)
            left.Add(delivery.OrderingKey);
        failed.Add((delivery, error));
        running = null;
    }

    /// <summary>Whether an earlier event of the same aggregate is to be handled once more first.</summary>
    public bool IsLeft(Delivery delivery) => left.Contains(delivery.OrderingKey);

    /// <summary>
    /// What to try instead where the transaction failed: the event that ran then alone, unless it is decided, and those before and behind it;
    /// where none ran, each half.
    /// </summary>
    public IEnumerable<IReadOnlyList<Delivery>> Parts()
    {
        var all = run.ToList();
        var at = running is null ? -1 : all.IndexOf(running);
        var half = all.Count / 2;
        var cuts = at < 0 ? [0, half, all.Count] : (int[])[0, at, at + 1, all.Count];
        return cuts.Zip(cuts.Skip(1), (from, to) => all[from..to]).Where(part => part.Exists(delivery => delivery.Outcome == Outcome.Open));
    }
}
