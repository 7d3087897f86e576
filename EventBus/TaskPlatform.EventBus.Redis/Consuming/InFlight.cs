using System.Collections.Concurrent;

namespace TaskPlatform.EventBus.Redis;

/// <summary>The entries that a group holds in this process, waiting and running; never more than it has room for.</summary>
internal sealed class InFlight(int capacity) : IDisposable
{
    private readonly ConcurrentDictionary<(string Stream, string EntryId), Delivery> entries = new();
    private readonly CoalescedSignal freed = new();

    public int Free => Math.Max(0, capacity - entries.Count);

    public int Count => entries.Count;

    public ICollection<Delivery> Entries => entries.Values;

    /// <summary>False where the entry is held already.</summary>
    public bool TryAdd(Delivery delivery) => entries.TryAdd((delivery.Stream, delivery.EntryId), delivery);

    public void Remove(Delivery delivery)
    {
        if (entries.TryRemove((delivery.Stream, delivery.EntryId), out _))
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
}
