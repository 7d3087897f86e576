namespace TaskPlatform.EventBus.Redis;

/// <summary>The entries that a group holds in this process, waiting and running; never more than it has room for.</summary>
internal sealed class InFlight(int capacity) : IDisposable
{
    private readonly Lock gate = new();
    private readonly Dictionary<(string Stream, string EntryId), Delivery> entries = new(new ByEntryId());
    private readonly CoalescedSignal freed = new();

    public int Free => Math.Max(0, capacity - Count);

    public int Count
    {
        get
        {
            lock (gate)
                return entries.Count;
        }
    }

    public IReadOnlyList<Delivery> Entries
    {
        get
        {
            lock (gate)
                return [.. entries.Values];
        }
    }

    /// <summary>Holds entries; returns those that were not held already.</summary>
    public List<Delivery> Add(IReadOnlyList<Delivery> deliveries)
    {
        var added = new List<Delivery>(deliveries.Count);
        lock (gate)
        {
            foreach (var delivery in deliveries)
            {
                if (entries.TryAdd((delivery.Stream, delivery.EntryId), delivery))
                    added.Add(delivery);
            }
        }

        return added;
    }

    public void Remove(params ReadOnlySpan<Delivery> deliveries)
    {
        lock (gate)
        {
            foreach (var delivery in deliveries)
                entries.Remove((delivery.Stream, delivery.EntryId));
        }

        freed.Set();
    }

    public Delivery? Find(string stream, string entryId)
    {
        lock (gate)
            return entries.GetValueOrDefault((stream, entryId));
    }

    /// <summary>Returns as soon as there is room for so many more.</summary>
    public async Task WaitForRoomAsync(int room, CancellationToken cancellationToken)
    {
        while (Free < room)
            await freed.WaitAsync(Timeout.InfiniteTimeSpan, cancellationToken);
    }

    public void Dispose() => freed.Dispose();

    /// <summary>Hardly ever have entries of two streams the same id: it alone makes the hash.</summary>
    private sealed class ByEntryId : IEqualityComparer<(string Stream, string EntryId)>
    {
        public bool Equals((string Stream, string EntryId) x, (string Stream, string EntryId) y) => x.EntryId == y.EntryId && x.Stream == y.Stream;

        public int GetHashCode((string Stream, string EntryId) entry) => entry.EntryId.GetHashCode(StringComparison.Ordinal);
    }
}
