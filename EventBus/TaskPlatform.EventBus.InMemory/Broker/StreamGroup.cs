namespace TaskPlatform.EventBus.InMemory;

/// <summary>How far a group is with a stream: what it was given last, and which entries its consumers hold.</summary>
internal sealed class StreamGroup(EventStream stream, string since)
{
    private readonly SortedDictionary<EntryId, PendingItem> pending = [];

    /// <summary>When the group was created.</summary>
    public string Since => since;

    public EntryId LastDelivered { get; private set; }

    /// <summary>The entries that were delivered and are not finished, by id.</summary>
    public IReadOnlyDictionary<EntryId, PendingItem> Pending => pending;

    /// <summary>When each consumer last asked for entries.</summary>
    public Dictionary<string, long> Consumers { get; } = new(StringComparer.Ordinal);

    /// <summary>How many entries were not delivered yet.</summary>
    public int Lag => stream.Entries.Count - stream.IndexAfter(LastDelivered);

    /// <summary>Delivers the next new entries to a consumer.</summary>
    public List<ReceivedEvent> Read(string consumer, int max, long now)
    {
        var received = new List<ReceivedEvent>();
        for (var i = stream.IndexAfter(LastDelivered); i < stream.Entries.Count && received.Count < max; i++)
        {
            var entry = stream.Entries[i];
            pending[entry.Id] = new PendingItem { Owner = consumer, TouchedAt = now, Deliveries = 1 };
            LastDelivered = entry.Id;
            received.Add(entry.ToReceived(stream, priorDeliveries: 0));
        }

        return received;
    }

    /// <summary>The entries that a consumer holds.</summary>
    public IEnumerable<ReceivedEvent> Owned(string consumer) => pending.Where(item => item.Value.Owner == consumer).Select(item => ToReceived(item.Key, item.Value));

    /// <summary>The entries that a consumer can claim.</summary>
    public IEnumerable<EntryId> Claimable(Func<long, bool> isAbandoned) => pending
        .Where(item => item.Value.Owner == ReservedConsumers.Released
            || (item.Value.Owner != ReservedConsumers.AwaitingRetry && isAbandoned(item.Value.TouchedAt)))
        .Select(item => item.Key);

    /// <summary>Makes a consumer the owner of an entry. That does not count as a delivery.</summary>
    public ReceivedEvent Claim(EntryId id, string consumer, long now)
    {
        var item = pending[id];
        (item.Owner, item.TouchedAt) = (consumer, now);
        return ToReceived(id, item);
    }

    public bool IsOwnedBy(EntryId id, string consumer) => pending.GetValueOrDefault(id)?.Owner == consumer;

    public void CountDelivery(EntryId id, long now)
    {
        pending[id].Deliveries++;
        pending[id].TouchedAt = now;
    }

    /// <summary>Renews a claim, or gives it to another owner.</summary>
    public void Assign(EntryId id, string owner, long now) => (pending[id].Owner, pending[id].TouchedAt) = (owner, now);

    /// <summary>The group is done with an entry.</summary>
    public void Complete(EntryId id) => pending.Remove(id);

    /// <summary>The oldest entry that is not read or not finished; null where there is none.</summary>
    public EntryId? OldestUnfinished()
    {
        if (pending.Count > 0)
            return pending.First().Key;
        var next = stream.IndexAfter(LastDelivered);
        return next < stream.Entries.Count ? stream.Entries[next].Id : null;
    }

    /// <summary>The longest time for which a consumer has held an entry without touching it; zero where none holds one.</summary>
    public TimeSpan OldestIdle(TimeProvider clock) => pending.Values
        .Where(item => item.Owner != ReservedConsumers.AwaitingRetry)
        .Select(item => clock.GetElapsedTime(item.TouchedAt)).DefaultIfEmpty().Max();

    private ReceivedEvent ToReceived(EntryId id, PendingItem item) => stream.Find(id)!.ToReceived(stream, item.Deliveries);
}

/// <summary>An entry that a consumer holds.</summary>
internal sealed class PendingItem
{
    public required string Owner { get; set; }

    /// <summary>When it was last delivered, claimed or renewed.</summary>
    public required long TouchedAt { get; set; }

    /// <summary>How often a handler may have been started on it.</summary>
    public required long Deliveries { get; set; }
}

/// <summary>Owners of entries that are not consumers.</summary>
internal static class ReservedConsumers
{
    /// <summary>Owns the entries that wait for their retry; no consumer claims them.</summary>
    public const string AwaitingRetry = "(retry)";

    /// <summary>Owns the entries that a stopping consumer has released; any other consumer may claim them immediately.</summary>
    public const string Released = "(released)";
}
