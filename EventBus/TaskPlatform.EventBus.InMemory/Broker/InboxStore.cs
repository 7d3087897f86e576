namespace TaskPlatform.EventBus.InMemory;

/// <summary>What each group and handler has handled, and when.</summary>
internal sealed class InboxStore(TimeProvider clock)
{
    private readonly Lock gate = new();
    private readonly Dictionary<InboxKey, DateTimeOffset> handled = [];

    public HashSet<InboxKey> Find(IEnumerable<InboxKey> keys)
    {
        lock (gate)
            return [.. keys.Where(handled.ContainsKey)];
    }

    /// <summary>Adds rows, all or none.</summary>
    /// <returns>False where one of them exists.</returns>
    public bool TryAdd(IReadOnlyCollection<InboxKey> keys)
    {
        lock (gate)
        {
            if (keys.Any(handled.ContainsKey))
                return false;
            foreach (var key in keys)
                handled.Add(key, clock.GetUtcNow());
            return true;
        }
    }

    /// <summary>Removes what was handled longer ago than this.</summary>
    public void Trim(TimeSpan retention)
    {
        lock (gate)
        {
            var limit = clock.GetUtcNow() - retention;
            foreach (var (key, _) in handled.Where(row => row.Value < limit).ToList())
                handled.Remove(key);
        }
    }
}
