namespace TaskPlatform.EventBus.InMemory;

/// <summary>What each group has handled, and when.</summary>
internal sealed class InboxStore(TimeProvider clock)
{
    private readonly Lock gate = new();
    private readonly Dictionary<(string Group, Guid EventId), DateTimeOffset> handled = [];

    public HashSet<Guid> Find(string group, IEnumerable<Guid> eventIds)
    {
        lock (gate)
            return [.. eventIds.Where(eventId => handled.ContainsKey((group, eventId)))];
    }

    /// <summary>Adds events, all or none.</summary>
    /// <returns>False where one of them was handled before.</returns>
    public bool TryAdd(string group, IReadOnlyCollection<Guid> eventIds)
    {
        lock (gate)
        {
            if (eventIds.Any(eventId => handled.ContainsKey((group, eventId))))
                return false;
            foreach (var eventId in eventIds)
                handled.Add((group, eventId), clock.GetUtcNow());
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
