namespace TaskPlatform.EventBus;

/// <summary>
/// The events that a group holds in this process, waiting and running, up to a capacity. Workers take them in batches, in the order they were
/// received. While a worker handles events of an aggregate, the later events of that aggregate wait, and only those: a slow event
/// delays its own aggregate and the batch it is in.
/// </summary>
internal sealed class KeyedQueue(int capacity, int workers) : IDisposable
{
    private readonly Lock gate = new();
    private readonly Dictionary<EventPosition, Delivery> held = new(new ById());
    private readonly List<Delivery> waiting = [];
    private readonly HashSet<(string AggregateType, string AggregateId)> busy = [];
    private readonly CoalescedSignal freed = new();
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool isComplete;

    /// <summary>How many more events there is room for.</summary>
    public int Free
    {
        get
        {
            lock (gate)
                return Math.Max(0, capacity - held.Count);
        }
    }

    /// <summary>Everything that was added and not removed.</summary>
    public IReadOnlyList<Delivery> Held
    {
        get
        {
            lock (gate)
                return [.. held.Values];
        }
    }

    /// <summary>Adds events, except for those that are held already.</summary>
    public void Add(IReadOnlyList<Delivery> deliveries)
    {
        if (deliveries.Count == 0)
            return;
        lock (gate)
        {
            foreach (var delivery in deliveries)
            {
                if (held.TryAdd(delivery.Position, delivery))
                    waiting.Add(delivery);
            }

            Pulse();
        }
    }

    /// <summary>The next batch for a worker, an equal share of what is held; empty when nothing more will come.</summary>
    public async Task<IReadOnlyList<Delivery>> TakeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task change;
            lock (gate)
            {
                if (Collect() is { Count: > 0 } batch)
                    return batch;
                if (isComplete && waiting.Count == 0)
                    return [];
                change = changed.Task;
            }

            await change.WaitAsync(cancellationToken);
        }
    }

    /// <summary>The worker has finished a batch: the later events of its aggregates can be taken.</summary>
    public void Finish(IReadOnlyList<Delivery> batch)
    {
        lock (gate)
        {
            foreach (var delivery in batch)
                busy.Remove(delivery.OrderingKey);
            if (waiting.Count > 0)
                Pulse();
        }
    }

    /// <summary>The events are no longer this consumer's: they were settled, or another consumer owns them.</summary>
    public void Remove(params ReadOnlySpan<Delivery> deliveries)
    {
        lock (gate)
        {
            foreach (var delivery in deliveries)
                held.Remove(delivery.Position);
        }

        freed.Set();
    }

    /// <summary>The event at a position, where it is held.</summary>
    public Delivery? Find(EventPosition position)
    {
        lock (gate)
            return held.GetValueOrDefault(position);
    }

    /// <summary>Returns as soon as there is room for this many more events.</summary>
    public async Task WaitForRoomAsync(int room, CancellationToken cancellationToken)
    {
        while (Free < room)
            await freed.WaitAsync(Timeout.InfiniteTimeSpan, cancellationToken);
    }

    /// <summary>Nothing more will be added.</summary>
    public void Complete()
    {
        lock (gate)
        {
            isComplete = true;
            Pulse();
        }
    }

    public void Dispose() => freed.Dispose();

    private List<Delivery> Collect()
    {
        var share = Math.Max(1, (held.Count + workers - 1) / workers);
        var batch = new List<Delivery>(Math.Min(share, waiting.Count));
        var (kept, seen) = (0, 0);
        for (; seen < waiting.Count && batch.Count < share; seen++)
        {
            if (busy.Contains(waiting[seen].OrderingKey))
                waiting[kept++] = waiting[seen];
            else
                batch.Add(waiting[seen]);
        }

        waiting.RemoveRange(kept, seen - kept);
        foreach (var delivery in batch)
            busy.Add(delivery.OrderingKey);
        return batch;
    }

    private void Pulse()
    {
        changed.SetResult();
        changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Events of two channels hardly ever have the same id, so that alone makes the hash.</summary>
    private sealed class ById : IEqualityComparer<EventPosition>
    {
        public bool Equals(EventPosition x, EventPosition y) => x.Id == y.Id && x.Channel == y.Channel;

        public int GetHashCode(EventPosition position) => position.Id.GetHashCode(StringComparison.Ordinal);
    }
}
