namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>
/// Finds unmarked events that are already in their streams, because the previous dispatcher died before it could mark them.
/// A stream is read before this dispatcher publishes to it, so every event found was published by another one.
/// </summary>
internal sealed class PublicationLookup(IPublishedEventProbe probe, Topology topology)
{
    /// <summary>The number of entries to read per stream: many more than a dispatcher leaves unmarked, as others may have added some since.</summary>
    private const int NewestEntries = 10_000;

    private readonly Dictionary<string, Dictionary<(Guid EventId, string DataHash), string>> streams = new(StringComparer.Ordinal);

    /// <summary>Rows that were requeued although their entries exist.</summary>
    private readonly HashSet<long> requeued = [];

    /// <summary>Excludes a row, so that it is published even if its entry exists.</summary>
    public void Exclude(long row) => requeued.Add(row);

    /// <summary>Makes the next lookup read the streams again.</summary>
    public void Clear() => streams.Clear();

    /// <summary>Makes the next lookup read a stream again that refused an event, because it may not have been readable before.</summary>
    public void Clear(string stream) => streams.Remove(stream);

    /// <summary>Moves the rows of a page whose events are in their streams to the unmarked events.</summary>
    /// <returns>The number of moved rows.</returns>
    public async Task<int> MovePublishedAsync(List<(long Id, OutgoingEvent Event)> page, UnmarkedEvents unmarked, CancellationToken cancellationToken)
    {
        foreach (var name in page.Select(row => StreamOf(row.Event)).Distinct(StringComparer.Ordinal).Where(name => !streams.ContainsKey(name)).ToList())
            streams[name] = await ReadAsync(name, cancellationToken);

        return page.RemoveAll(row =>
        {
            if (requeued.Remove(row.Id) || streams[StreamOf(row.Event)] is not { Count: > 0 } stream
                || !stream.TryGetValue((row.Event.EventId, PublishedEntry.HashOf(row.Event.Envelope)), out var entryId))
                return false;
            unmarked.Add(row.Id, entryId, StreamOf(row.Event));
            return true;
        });
    }

    private async Task<Dictionary<(Guid EventId, string DataHash), string>> ReadAsync(string name, CancellationToken cancellationToken)
    {
        var stream = new Dictionary<(Guid, string), string>();
        foreach (var entry in await probe.ReadNewestAsync(name, NewestEntries, cancellationToken))
            stream.TryAdd((entry.EventId, entry.DataHash), entry.EntryId); // The newest entry is trimmed last.
        return stream;
    }

    private string StreamOf(in OutgoingEvent outgoing) => StreamName.TypeOf(topology.ChannelOf(outgoing.Type, outgoing.AggregateId));
}
