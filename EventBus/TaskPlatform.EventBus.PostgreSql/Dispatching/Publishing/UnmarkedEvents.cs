namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>
/// Events that are in their streams but not yet marked in the log. Kept across failures and leader terms, so that they are marked before
/// anything else is published, and not published again.
/// </summary>
internal sealed class UnmarkedEvents
{
    public List<long> Ids { get; } = [];

    /// <summary>The transport's ids of the entries.</summary>
    public List<string> Entries { get; } = [];

    /// <summary>The short names of their channels.</summary>
    public List<string> Streams { get; } = [];

    /// <summary>The ids of the entries as the log stores them.</summary>
    public IReadOnlyList<string> LogEntries => [.. Streams.Zip(Entries, LogEntryId.Write)];

    public int Count => Ids.Count;

    public void Add(long id, string entryId, string stream)
    {
        Ids.Add(id);
        Entries.Add(entryId);
        Streams.Add(stream);
    }

    public void Clear()
    {
        Ids.Clear();
        Entries.Clear();
        Streams.Clear();
    }
}
