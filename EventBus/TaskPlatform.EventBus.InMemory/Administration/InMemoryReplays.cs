namespace TaskPlatform.EventBus.InMemory;

/// <summary>Replays on an <see cref="InMemoryBroker"/>.</summary>
internal sealed class InMemoryReplays(InMemoryBroker broker) : IReplays
{
    private readonly Dictionary<(string ReplayId, string After), (LogReplay Request, LogReplayProgress Progress)> requests = [];

    public ReplayRange RangeOf(StreamDescription stream, DateTimeOffset? from, DateTimeOffset? to)
    {
        var last = EntryId.TryParse(stream.LastEntryId, out var known) && known != default ? known : EntryId.Before(broker.Clock.GetUtcNow());
        var upTo = to is { } end && EntryId.Before(end) < last ? EntryId.Before(end) : last;
        return new ReplayRange(EntryId.Before(from ?? DateTimeOffset.UnixEpoch).ToString(), upTo.ToString());
    }

    public bool Includes(LogReplay request, string entryId, DateTimeOffset occurredAt)
    {
        var (entry, after, upTo) = (EntryId.Parse(entryId), EntryId.Parse(request.Replay.After), EntryId.Parse(request.Replay.UpTo));
        return (entry > after && entry <= upTo)
            || (request.Cutoff is { } cutoff && entry > EntryId.Parse(cutoff) && occurredAt > after.Time && occurredAt <= upTo.Time);
    }

    public Task<ReplayProgress> CopyAsync(Replay replay, int limit, CancellationToken cancellationToken)
    {
        lock (broker.Gate)
        {
            var stream = broker.Stream(replay.Type);
            var (after, upTo) = (EntryId.Parse(replay.After), EntryId.Parse(replay.UpTo));
            if (GapBetween(after, upTo, stream) is { } gap)
                return Task.FromResult(new ReplayProgress(replay.After, 0, gap.ToString()));

            var page = stream.Entries.Skip(stream.IndexAfter(after)).TakeWhile(entry => entry.Id <= upTo).Take(limit).ToList();
            var copies = page.Select(entry => ReplayEntry.CopyOf(replay, entry.Id.ToString(), entry.Fields)).OfType<IReadOnlyList<EntryField>>().ToList();
            Add(stream, copies);
            return Task.FromResult(new ReplayProgress(page.Count < limit ? null : page[^1].Id.ToString(), copies.Count, null));
        }
    }

    public Task<LogReplayProgress> RequestAsync(LogReplay request, CancellationToken cancellationToken)
    {
        lock (broker.Gate)
        {
            requests.TryAdd(NameOf(request), (request, new LogReplayProgress(0, 0, false)));
            return Task.FromResult(requests[NameOf(request)].Progress);
        }
    }

    public Task WithdrawAsync(string replayId, CancellationToken cancellationToken)
    {
        lock (broker.Gate)
        {
            foreach (var name in requests.Keys.Where(name => name.ReplayId == replayId).ToList())
                requests.Remove(name);
        }

        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<(LogReplay Request, LogReplayProgress Progress)>> FindOpenAsync(string service, CancellationToken cancellationToken)
    {
        lock (broker.Gate)
        {
            return Task.FromResult<IReadOnlyList<(LogReplay, LogReplayProgress)>>(
                [.. requests.Values.Where(open => open.Request.Service == service && !open.Progress.Done)]);
        }
    }

    public Task<bool> AppendAsync(
        LogReplay request, LogReplayProgress before, IReadOnlyList<OutgoingEvent> events, long cursor, bool done, CancellationToken cancellationToken)
    {
        lock (broker.Gate)
        {
            if (!requests.TryGetValue(NameOf(request), out var known) || known.Progress != before)
                return Task.FromResult(false);

            Add(broker.Stream(request.Replay.Type), events.Select(outgoing => ReplayEntry.Of(request.Replay, outgoing)));
            requests[NameOf(request)] = (known.Request, new LogReplayProgress(cursor, before.Added + events.Count, done));
            return Task.FromResult(true);
        }
    }

    /// <summary>The last requested id that precedes the stream's first entry; null if there is none.</summary>
    private static EntryId? GapBetween(EntryId after, EntryId upTo, EventStream stream)
    {
        if (after >= upTo)
            return null;
        if (stream.Entries.Count == 0)
            return upTo;
        var lost = stream.Entries[0].Id.Previous();
        return lost <= after ? null : lost < upTo ? lost : upTo;
    }

    private void Add(EventStream stream, IEnumerable<IReadOnlyList<EntryField>> entries)
    {
        foreach (var fields in entries)
            stream.Add(fields, broker.Clock.GetUtcNow());
        broker.Pulse();
    }

    private static (string ReplayId, string After) NameOf(LogReplay request) => (request.Replay.ReplayId, request.Replay.After);
}
