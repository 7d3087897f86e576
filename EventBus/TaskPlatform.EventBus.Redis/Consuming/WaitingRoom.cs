namespace TaskPlatform.EventBus.Redis;

/// <summary>
/// Deliveries that wait for a lane, in the order they came. While a lane works on events of an aggregate, the next ones of that
/// aggregate wait for it, and only those: a slow event holds up its own aggregate and the batch it is in, nobody else.
/// </summary>
internal sealed class WaitingRoom(InFlight inFlight, int lanes)
{
    private readonly Lock gate = new();
    private readonly List<Delivery> waiting = [];
    private readonly HashSet<(string AggregateType, string AggregateId)> busy = [];
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool isComplete;

    public void Add(IReadOnlyList<Delivery> deliveries)
    {
        lock (gate)
        {
            waiting.AddRange(deliveries);
            Pulse();
        }
    }

    /// <summary>Nothing more will come.</summary>
    public void Complete()
    {
        lock (gate)
        {
            isComplete = true;
            Pulse();
        }
    }

    /// <summary>The next batch for a lane, a fair share of what there is; empty when nothing more will come.</summary>
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

    /// <summary>The lane is done with a batch it took.</summary>
    public void Done(IReadOnlyList<Delivery> batch)
    {
        lock (gate)
        {
            foreach (var delivery in batch)
                busy.Remove(delivery.OrderingKey);
            if (waiting.Count > 0)
                Pulse();
        }
    }

    private List<Delivery> Collect()
    {
        var share = Math.Max(1, (inFlight.Count + lanes - 1) / lanes);
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
}
