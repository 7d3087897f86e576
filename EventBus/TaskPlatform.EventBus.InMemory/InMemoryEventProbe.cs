using System.Text;

namespace TaskPlatform.EventBus.InMemory;

/// <summary>What a broker still has of the published events. Nothing but trimming removes an entry from a broker.</summary>
internal sealed class InMemoryEventProbe(InMemoryBroker broker) : IPublishedEventProbe
{
    public Task<IReadOnlyList<PublishedEntry>> ReadNewestAsync(string stream, int count, CancellationToken cancellationToken)
    {
        lock (broker.Gate)
        {
            var entries = broker.Find(StreamName.Of(stream))?.Entries ?? [];
            var newest = entries.Skip(entries.Count - count).Reverse().Select(Published).OfType<PublishedEntry>();
            return Task.FromResult<IReadOnlyList<PublishedEntry>>([.. newest]);
        }
    }

    public Task<TransportState> ProbeAsync(IReadOnlyList<(string Stream, string EntryId)> entries, CancellationToken cancellationToken)
    {
        lock (broker.Gate)
        {
            return Task.FromResult(new TransportState(broker.Run,
                [.. entries.Select(entry => EntryId.TryParse(entry.EntryId, out var id) && broker.Find(StreamName.Of(entry.Stream))?.Find(id) is not null)]));
        }
    }

    public Task<StreamReadings> MeasureAsync(IReadOnlyCollection<string> streams, CancellationToken cancellationToken)
    {
        lock (broker.Gate)
        {
            return Task.FromResult(new StreamReadings(broker.Clock.GetUtcNow(), [.. streams.Select(name =>
            {
                var stream = broker.Find(StreamName.Of(name));
                return new StreamReading(name, stream is not null, Removed: 0,
                    [.. (stream?.Groups ?? []).Select(group => new GroupReading(group.Key, group.Value.Since, group.Value.LastDelivered.ToString()))]);
            })]));
        }
    }

    public Task<LostEntries> FindLostAsync(string stream, DateTimeOffset since, CancellationToken cancellationToken)
        => Task.FromResult(new LostEntries([], []));

    public Task ClearLostAsync(string stream, IReadOnlyCollection<string> entryIds, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task ReportLostAsync(string stream, string group, int count, CancellationToken cancellationToken) => Task.CompletedTask;

    public int Compare(string left, string right) => EntryId.Parse(left).CompareTo(EntryId.Parse(right));

    public DateTimeOffset? TimeOf(string entryId) => EntryId.Parse(entryId).Time;

    /// <summary>Null for an entry that targets one group, or that has no event id.</summary>
    private static PublishedEntry? Published(StreamItem item)
    {
        var fields = item.Fields.ToLookup(field => field.Name, field => Encoding.UTF8.GetString(field.Value.Span), StringComparer.Ordinal);
        return !fields.Contains(EntryFields.TargetGroup) && Guid.TryParse(fields[EntryFields.EventId].LastOrDefault(), out var eventId)
            ? new PublishedEntry(item.Id.ToString(), eventId, PublishedEntry.HashOf(fields[EntryFields.Data].LastOrDefault() ?? ""))
            : null;
    }
}
