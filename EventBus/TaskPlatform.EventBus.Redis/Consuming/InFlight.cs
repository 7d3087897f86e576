using System.Collections.Concurrent;

namespace TaskPlatform.EventBus.Redis;

/// <summary>The entries that a group holds in this process, waiting and running; never more than it has room for.</summary>
internal sealed class InFlight(int capacity) : IDisposable
{
    private readonly ConcurrentDictionary<(string Stream, string EntryId), Delivery> entries = new(new ByEntryId());
    private readonly CoalescedSignal freed = new();
    private int count;

    public int Free => Math.Max(0, capacity - Count);

    /// <summary>How many there are; the dictionary itself would take all its locks to tell.</summary>
    public int Count => Volatile.Read(ref count);

    public ICollection<Delivery> Entries => entries.Values;

    /// <summary>False where the entry is held already.</summary>
    public bool TryAdd(Delivery delivery)
    {
        var isNew = entries.TryAdd((delivery.Stream, delivery.EntryId), delivery);
        if (isNew)
            Interlocked.Increment(ref count);
        return isNew;
    }

    public void Remove(params ReadOnlySpan<Delivery> deliveries)
    {
        var removed = 0;
        foreach (var delivery in deliveries)
        {
            if (entries.TryRemove((delivery.Stream, delivery.EntryId), out _))
                removed++;
        }

        Interlocked.Add(ref count, -removed);
        if (removed > 0)
            freed.Set();
    }

    public Delivery? Find(string stream, string entryId) => entries.GetValueOrDefault((stream, entryId));

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
