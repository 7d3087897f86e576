namespace TaskPlatform.EventBus.InMemory;

/// <summary>The entries of an event type, in the order they were added, and the groups that read them.</summary>
internal sealed class EventStream(string name)
{
    private readonly List<StreamItem> entries = [];

    /// <summary>For example <c>events:task.created</c>.</summary>
    public string Name => name;

    public IReadOnlyList<StreamItem> Entries => entries;

    /// <summary>The id that was given last.</summary>
    public EntryId LastId { get; private set; }

    /// <summary>False once the largest id was given.</summary>
    public bool CanAdd => LastId != EntryId.MaxValue;

    public Dictionary<string, StreamGroup> Groups { get; } = new(StringComparer.Ordinal);

    /// <summary>Adds an entry. Its id is the time, unless the last one is not earlier: then it is the next one after that.</summary>
    public EntryId Add(IReadOnlyList<EntryField> fields, DateTimeOffset now, EntryId? id = null)
    {
        if (id <= LastId)
            throw new InvalidOperationException($"The id {id} is not higher than the last one of {name}, {LastId}.");
        var time = new EntryId((ulong)now.ToUnixTimeMilliseconds(), 0);
        var next = id ?? (time > LastId ? time : LastId.Next())
            ?? throw new InvalidOperationException($"{name} has used up its ids: an entry was added with the largest one.");
        entries.Add(new StreamItem(next, fields));
        LastId = next;
        return next;
    }

    /// <summary>The group of a name, which is created where it does not exist, and then reads from the first entry.</summary>
    public StreamGroup Join(string group, DateTimeOffset now)
    {
        if (!Groups.TryGetValue(group, out var joined))
            Groups[group] = joined = new StreamGroup(this, since: now.ToString("O"));
        return joined;
    }

    public StreamItem? Find(EntryId id) => IndexAfter(id) is > 0 and var next && entries[next - 1].Id == id ? entries[next - 1] : null;

    /// <summary>The index of the first entry after an id.</summary>
    public int IndexAfter(EntryId id)
    {
        var (low, high) = (0, entries.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (entries[middle].Id <= id)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    /// <summary>Drops the entries before an id, except for those that a group has not read and acked.</summary>
    public void Trim(EntryId limit)
    {
        foreach (var group in Groups.Values)
        {
            var oldest = group.OldestUnfinished();
            if (oldest < limit)
                limit = oldest.Value;
        }

        entries.RemoveRange(0, IndexAfter(limit.Previous()));
    }
}

/// <summary>An entry of a stream.</summary>
internal sealed record StreamItem(EntryId Id, IReadOnlyList<EntryField> Fields)
{
    public ReceivedEvent ToReceived(EventStream stream, long priorDeliveries)
        => new(new EventPosition(stream.Name, Id.ToString()), Fields, priorDeliveries);
}
