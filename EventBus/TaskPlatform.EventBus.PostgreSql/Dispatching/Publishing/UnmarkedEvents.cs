namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>
/// Events that are in their streams but not yet marked in the log. Kept across failures and leader terms, so that they are marked before
/// anything else is published, and not published again.
/// </summary>
internal sealed class UnmarkedEvents
{
    public List<long> Ids { get; } = [];

    public List<string> Entries { get; } = [];

    public List<string> Types { get; } = [];

    public int Count => Ids.Count;

    public void Add(long id, string entryId, string eventType)
    {
        Ids.Add(id);
        Entries.Add(entryId);
        Types.Add(eventType);
    }

    public void Clear()
    {
        Ids.Clear();
        Entries.Clear();
        Types.Clear();
    }
}
