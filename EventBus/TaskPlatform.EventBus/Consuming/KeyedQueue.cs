using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace TaskPlatform.EventBus;

/// <summary>
/// The queued and running events of a group in this process, up to a capacity. Workers take them in batches, in the order in which they were
/// received. While a worker handles events of an aggregate, only the later events of that aggregate wait: a slow event
/// delays its own aggregate and its own batch. With <see cref="EventOrdering.Relaxed"/>, no event waits for another.
/// </summary>
internal sealed partial class KeyedQueue(int capacity, int workers, EventOrdering ordering = EventOrdering.Strict) : IDisposable
{
    private readonly Lock gate = new();
    private readonly Dictionary<EventPosition, HeldEvent> held = new(new ById());
    private readonly List<Delivery> waiting = [];
    private readonly HashSet<(string AggregateType, string AggregateId)> busy = [];
    private readonly CoalescedSignal freed = new();
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool isComplete;

    /// <summary>The number of events that it is to hold at most.</summary>
    public int Capacity => capacity;

    /// <summary>The free capacity.</summary>
    public int Free
    {
        get
        {
            lock (gate)
                return Math.Max(0, capacity - held.Count);
        }
    }

    /// <summary>The events that no worker has taken.</summary>
    public IReadOnlyList<Delivery> Waiting
    {
        get
        {
            lock (gate)
                return [.. waiting];
        }
    }

    /// <summary>All events that were added and not removed.</summary>
    public IReadOnlyList<Delivery> Held
    {
        get
        {
            lock (gate)
                return [.. held.Values.Select(one => one.Delivery)];
        }
    }

    /// <summary>Adds events, except for those that it already holds.</summary>
    public void Add(IReadOnlyList<Delivery> deliveries)
    {
        if (deliveries.Count == 0)
            return;
        lock (gate)
        {
            foreach (var delivery in deliveries)
            {
                if (!closed.ContainsKey(delivery.Stream) && held.TryAdd(delivery.Position, new HeldEvent(delivery)))
                    waiting.Add(delivery);
            }

            Pulse();
        }
    }

    /// <summary>Takes the next batch for a worker, an equal share of the held events; empty after completion, if no event is left.</summary>
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

    /// <summary>Releases the aggregates of a finished batch, so that their later events can be taken.</summary>
    public void Finish(IReadOnlyList<Delivery> batch)
    {
        lock (gate)
        {
            foreach (var delivery in batch)
                busy.Remove(KeyOf(delivery));
            if (waiting.Count > 0)
                Pulse();
        }
    }

    /// <summary>Removes events that were settled or that another consumer owns now.</summary>
    public void Remove(params ReadOnlySpan<Delivery> deliveries)
    {
        lock (gate)
        {
            foreach (var delivery in deliveries)
                held.Remove(delivery.Position);
            if (closed.Count > 0)
                Pulse();
        }

        freed.Set();
    }

    /// <summary>Sets what to cancel if the claim on one of these events is lost, while their handlers run; null once they have ended.</summary>
    public void Watch(List<Delivery> run, CancellationTokenSource? running)
    {
        lock (gate)
        {
            foreach (var delivery in run)
            {
                ref var one = ref CollectionsMarshal.GetValueRefOrNullRef(held, delivery.Position);
                if (Unsafe.IsNullRef(ref one))
                    continue;
                one.Running = running;
                if (one.IsLost)
                    Cancel(running);
            }
        }
    }

    /// <summary>Records that another consumer owns the event, and cancels its handler.</summary>
    public void LoseClaim(EventPosition position)
    {
        lock (gate)
        {
            ref var one = ref CollectionsMarshal.GetValueRefOrNullRef(held, position);
            if (!Unsafe.IsNullRef(ref one))
                Lose(ref one);
        }
    }

    /// <summary>Whether another consumer owns the event.</summary>
    public bool IsLost(Delivery delivery)
    {
        lock (gate)
            return held.TryGetValue(delivery.Position, out var one) && one.IsLost;
    }

    /// <summary>Returns when there is capacity for this number of events.</summary>
    public async Task WaitForRoomAsync(int room, CancellationToken cancellationToken)
    {
        while (Free < room)
            await freed.WaitAsync(Timeout.InfiniteTimeSpan, cancellationToken);
    }

    /// <summary>Marks the queue as complete: no more events will be added.</summary>
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
            if (busy.Contains(KeyOf(waiting[seen])))
                waiting[kept++] = waiting[seen];
            else
                batch.Add(waiting[seen]);
        }

        waiting.RemoveRange(kept, seen - kept);
        foreach (var delivery in batch)
            busy.Add(KeyOf(delivery));
        return batch;
    }

    /// <summary>Events with the same key are taken one batch after the other.</summary>
    private (string, string) KeyOf(Delivery delivery)
        => ordering == EventOrdering.Strict ? delivery.OrderingKey : (delivery.Position.Channel, delivery.Position.Id);

    /// <summary>Not awaited, because handlers may have registered callbacks that never return; the token is cancelled when this returns.</summary>
    private static void Cancel(CancellationTokenSource? running) => _ = running?.CancelAsync();

    private void Pulse()
    {
        changed.SetResult();
        changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>An event, what to cancel if its claim is lost, and whether it was.</summary>
    private record struct HeldEvent(Delivery Delivery)
    {
        public CancellationTokenSource? Running { get; set; }

        public bool IsLost { get; set; }
    }

    /// <summary>Hashes the id only, because events in different channels rarely have the same id.</summary>
    private sealed class ById : IEqualityComparer<EventPosition>
    {
        public bool Equals(EventPosition x, EventPosition y) => x.Id == y.Id && x.Channel == y.Channel;

        public int GetHashCode(EventPosition position) => position.Id.GetHashCode(StringComparison.Ordinal);
    }
}
