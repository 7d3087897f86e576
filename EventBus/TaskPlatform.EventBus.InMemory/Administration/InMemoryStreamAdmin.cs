namespace TaskPlatform.EventBus.InMemory;

/// <summary>The streams of an <see cref="InMemoryBroker"/>, for operators.</summary>
internal sealed class InMemoryStreamAdmin(InMemoryBroker broker) : IStreamAdmin
{
    public bool IsEntryId(string text) => EntryId.TryParse(text, out _);

    public Task<IReadOnlyList<StreamDescription>> DescribeAsync(IEnumerable<string> streams, CancellationToken cancellationToken)
        => Read<IReadOnlyList<StreamDescription>>(() => [.. streams.Select(Describe)]);

    public Task<IReadOnlyList<ConsumerDescription>> ConsumersAsync(string stream, string group, CancellationToken cancellationToken)
        => Read<IReadOnlyList<ConsumerDescription>>(() => Find(stream, group) is not { } found ? [] :
        [
            .. found.Consumers.Select(consumer => new ConsumerDescription(
                consumer.Key, found.Pending.Values.Count(item => item.Owner == consumer.Key), broker.Clock.GetElapsedTime(consumer.Value))),
        ]);

    public Task<IReadOnlyList<PendingEntry>> PendingAsync(
        string stream, string group, int limit, string? after, CancellationToken cancellationToken)
        => Read<IReadOnlyList<PendingEntry>>(() => Find(stream, group) is not { } found ? [] :
        [
            .. found.Pending.Where(item => after is null || item.Key > EntryId.Parse(after)).Take(limit).Select(item => new PendingEntry(
                item.Key.ToString(), item.Value.Owner, broker.Clock.GetElapsedTime(item.Value.TouchedAt), item.Value.Deliveries)),
        ]);

    public Task<IReadOnlyList<StreamEntry>> EntriesAsync(
        string stream, int limit, string? after, bool newestFirst, CancellationToken cancellationToken)
        => Read<IReadOnlyList<StreamEntry>>(() =>
        {
            var entries = broker.Find(StreamName.Of(stream))?.Entries ?? [];
            var from = after is null ? (EntryId?)null : EntryId.Parse(after);
            var wanted = newestFirst ? entries.Reverse().Where(entry => !(entry.Id >= from)) : entries.Where(entry => !(entry.Id <= from));
            return [.. wanted.Take(limit).Select(entry => StreamEntry.Read(entry.Id.ToString(), entry.Id.Time, stream, entry.Fields))];
        });

    public Task<bool> RemoveGroupAsync(string stream, string group, CancellationToken cancellationToken)
        => Read(() => broker.Find(StreamName.Of(stream))?.Groups.Remove(group) == true);

    public Task<long> CountScheduledAsync(CancellationToken cancellationToken) => Read(() => (long)broker.ScheduledRetries);

    private Task<T> Read<T>(Func<T> read)
    {
        lock (broker.Gate)
            return Task.FromResult(read());
    }

    private StreamGroup? Find(string stream, string group) => broker.Find(StreamName.Of(stream))?.Groups.GetValueOrDefault(group);

    private StreamDescription Describe(string name)
    {
        if (broker.Find(StreamName.Of(name)) is not { } stream)
            return new StreamDescription(name, false, null, 0, null, null, []);
        return new StreamDescription(
            name, true, null, stream.Entries.Count, stream.Entries.Count > 0 ? stream.Entries[0].Id.ToString() : null, stream.LastId.ToString(),
            [.. stream.Groups.Select(group => Describe(stream, group.Key, group.Value))]);
    }

    private GroupDescription Describe(EventStream stream, string name, StreamGroup group)
    {
        var unread = stream.IndexAfter(group.LastDelivered);
        return new GroupDescription(
            name, group.Lag, LagIsMinimum: false, unread < stream.Entries.Count ? stream.Entries[unread].Id.Time : null,
            group.Pending.Count, group.OldestIdle(broker.Clock), group.Consumers.Count, group.LastDelivered.ToString());
    }
}
