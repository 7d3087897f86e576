namespace TaskPlatform.EventBus.Postgres;

/// <summary>
/// Finds events that wait in the log though they are in their streams: the dispatcher before this one died before it could mark them.
/// A stream is read before this dispatcher publishes anything to it, so whatever is found is not this one's.
/// </summary>
internal sealed class PublicationLookup(IEventTransport transport)
{
    /// <summary>How many entries of a stream are read: many times what a dispatcher leaves unmarked, as others may have added some since.</summary>
    private const int NewestEntries = 10_000;

    private readonly Dictionary<string, Dictionary<(Guid EventId, string DataHash), string>> streams = new(StringComparer.Ordinal);

    /// <summary>Rows that were requeued although their entry is in the stream.</summary>
    private readonly HashSet<long> requeued = [];

    /// <summary>Has a row published whatever its stream has.</summary>
    public void LeaveOut(long row) => requeued.Add(row);

    /// <summary>Has the streams read again.</summary>
    public void Clear() => streams.Clear();

    /// <summary>Has a stream read again that took no event: it may not have been readable.</summary>
    public void Clear(string eventType) => streams.Remove(eventType);

    /// <summary>Moves those rows of a page whose events are in their streams to the ones that are to be marked.</summary>
    /// <returns>How many.</returns>
    public async Task<int> MovePublishedAsync(List<(long Id, OutgoingEvent Event)> page, UnmarkedEvents unmarked, CancellationToken cancellationToken)
    {
        foreach (var type in page.Select(row => row.Event.Type).Distinct(StringComparer.Ordinal).Where(type => !streams.ContainsKey(type)))
            streams[type] = await ReadAsync(type, cancellationToken);

        return page.RemoveAll(row =>
        {
            if (requeued.Remove(row.Id) || streams[row.Event.Type] is not { Count: > 0 } stream
                || !stream.TryGetValue((row.Event.EventId, PublishedEntry.HashOf(row.Event.Envelope)), out var entryId))
                return false;
            unmarked.Add(row.Id, entryId, row.Event.Type);
            return true;
        });
    }

    private async Task<Dictionary<(Guid EventId, string DataHash), string>> ReadAsync(string eventType, CancellationToken cancellationToken)
    {
        var stream = new Dictionary<(Guid, string), string>();
        foreach (var entry in await transport.ReadNewestAsync(eventType, NewestEntries, cancellationToken))
            stream.TryAdd((entry.EventId, entry.DataHash), entry.EntryId); // The newest one stays the longest.
        return stream;
    }
}
