using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace TaskPlatform.EventBus.Postgres;

/// <summary>
/// Watches whether Redis still has what was published: a server that was emptied, or that came back with less than it had, gets the
/// missing events again, under the same ids. So does a stream from which others remove what its groups have not finished.
/// </summary>
internal sealed partial class PublishedEventVerifier(
    NpgsqlConnection connection, IEventTransport transport, IReadOnlyCollection<string> eventTypes, EventBusOptions options, ILogger logger)
{
    /// <summary>
    /// A server loses the end of what it knew, or everything. So the look goes backwards, and ends when this many events in a
    /// row are all there; fewer could be by chance, where the loss touched only streams that are quiet.
    /// </summary>
    private const int CleanEvents = 1000;

    /// <summary>Of each type one entry that must still be there: the first that was published since the last check, or else the newest.</summary>
    private readonly Dictionary<string, Sentinel> sentinels = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Sentinel> newest = new(StringComparer.Ordinal);
    /// <summary>Entry ids and what a log notes are by two clocks.</summary>
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(1);

    private readonly PublishedRows rows = new(connection);
    private readonly StreamWatch watch = new();

    /// <summary>Types that were left alone at the last check, though something happened to their streams.</summary>
    private readonly HashSet<string> resting = new(StringComparer.Ordinal);
    private readonly Republications republications = new();
    private DateTimeOffset lastReading = DateTimeOffset.UnixEpoch;
    private string? run;

    /// <summary>Whether something was published since the last check.</summary>
    public bool HasGrown { get; private set; }

    /// <summary>Close to the end of the retention an entry may be trimmed already.</summary>
    private TimeSpan Retention => options.StreamRetention * 0.95;

    /// <summary>An event of this type has become this entry.</summary>
    public void Add(string eventType, string entryId)
    {
        var sentinel = new Sentinel(entryId, Stopwatch.GetTimestamp());
        newest[eventType] = sentinel;
        sentinels.TryAdd(eventType, sentinel);
        HasGrown = true;
    }

    /// <summary>
    /// Compares the streams with how they were at the check before, and asks for an entry of each type that was published before. Where
    /// something is gone, or the server is another one, looks for what else is.
    /// </summary>
    /// <returns>How many events wait to be published again.</returns>
    public async Task<int> CheckAsync(CancellationToken cancellationToken)
    {
        foreach (var (type, _) in sentinels.Where(known => Stopwatch.GetElapsedTime(known.Value.Since) > Retention).ToList())
            sentinels.Remove(type);

        var now = await transport.MeasureAsync(eventTypes, cancellationToken);
        var asked = sentinels.Select(known => (known.Key, known.Value.EntryId)).ToList();
        var state = await transport.ProbeAsync(asked, cancellationToken);
        var isThere = asked.Zip(state.Exists, (entry, exists) => (entry.Key, exists)).ToDictionary(StringComparer.Ordinal);
        var missing = state.Run != run
            ? await BeginAsync(now, cancellationToken)
            : await CompareAsync(now, isThere, cancellationToken) + await RequeueDueAsync(cancellationToken);
        if (missing > 0)
            LogMissing(missing);

        run = state.Run;
        lastReading = now.At;
        HasGrown = false;
        foreach (var (type, _) in isThere.Where(sentinel => !sentinel.Value))
            newest.Remove(type);
        foreach (var type in sentinels.Keys.Where(type => !resting.Contains(type)).ToList())
            sentinels.Remove(type);
        foreach (var (type, sentinel) in newest)
            sentinels.TryAdd(type, sentinel);
        return missing;
    }

    /// <summary>Nothing is known of the server: looks for the end of what was published, and for what others have removed unread.</summary>
    private async Task<int> BeginAsync(StreamReadings now, CancellationToken cancellationToken)
    {
        republications.Clear();
        resting.Clear();
        var missing = await RequeueMissingAsync(types: null, cancellationToken);
        foreach (var stream in now.Streams)
        {
            if (stream.Removed > 0)
                missing += await VerifyAsync(stream, now.At, since: DateTimeOffset.UnixEpoch, cancellationToken);
            watch.Accept(stream);
        }

        return missing;
    }

    private async Task<int> CompareAsync(StreamReadings now, Dictionary<string, bool> isThere, CancellationToken cancellationToken)
    {
        var missing = 0;
        resting.Clear();
        foreach (var stream in now.Streams)
        {
            var change = watch.Compare(stream, isThere.TryGetValue(stream.EventType, out var sentinel) ? sentinel : null);
            if (change != StreamChange.None)
            {
                if (watch.IsResting(stream.EventType))
                {
                    resting.Add(stream.EventType); // It is compared with the same check again.
                    continue;
                }

                var started = Stopwatch.GetTimestamp();
                missing += change == StreamChange.EntriesRemoved
                    ? await VerifyAsync(watch.Before(stream.EventType)!, now.At, lastReading - ClockTolerance, cancellationToken)
                    : await RequeueMissingAsync([stream.EventType], cancellationToken);
                watch.Verified(stream.EventType, started);
            }

            watch.Accept(stream);
        }

        return missing;
    }

    /// <summary>
    /// Looks for what a stream has lost of all that was not finished at a check: what stood beyond a group's position, and what a group had pending.
    /// </summary>
    /// <param name="before">The stream at that check.</param>
    /// <param name="now">The time, by the transport's clock.</param>
    /// <param name="since">Since when consumers may have noticed that a pending entry was gone.</param>
    /// <param name="cancellationToken">Ends it.</param>
    private async Task<int> VerifyAsync(StreamReading before, DateTimeOffset now, DateTimeOffset since, CancellationToken cancellationToken)
    {
        var lost = await transport.FindLostAsync(before.EventType, since, cancellationToken);
        var pending = lost.Pending.ToHashSet(StringComparer.Ordinal);
        var targeted = lost.Targeted.ToLookup(entry => entry.EventId);
        var position = before.Groups.Count == 0 ? default : before.Groups.Min(group => group.LastDelivered);
        var oldest = pending.Select(EntryId.Parse).Append(position).Min();
        var age = lost.Targeted.Count > 0 || oldest.Time > now || now - oldest.Time + ClockTolerance > Retention
            ? Retention
            : now - oldest.Time + ClockTolerance;
        var counts = before.Groups.ToDictionary(group => group.Name, _ => 0, StringComparer.Ordinal);
        var (missing, isOurs) = (0, false);
        await foreach (var page in rows.WalkBackAsync([before.EventType], age, cancellationToken))
        {
            isOurs = true;
            var certain = page.FindAll(row => targeted.Contains(row.EventId));
            var open = page.FindAll(row => pending.Contains(row.EntryId) || EntryId.Parse(row.EntryId) > position);
            var gone = await FindMissingAsync([.. open.Except(certain)], cancellationToken);
            var requeued = await RequeueAsync(gone, certain: false, cancellationToken);
            missing += requeued.Count + (await RequeueAsync(certain, certain: true, cancellationToken)).Count;
            foreach (var group in before.Groups)
                counts[group.Name] += requeued.Count(row => !pending.Contains(row.EntryId) && EntryId.Parse(row.EntryId) > group.LastDelivered);
        }

        if (!isOurs)
            return 0; // Another service publishes these events.
        if (lost.Targeted.Count > 0)
            await transport.ClearLostAsync(before.EventType, [.. lost.Targeted.Select(entry => entry.EntryId)], cancellationToken);
        foreach (var entry in lost.Targeted.Where(entry => !pending.Contains(entry.EntryId)))
            counts[entry.Group] = counts.GetValueOrDefault(entry.Group) + 1;
        foreach (var (group, count) in counts.Where(group => group.Value > 0))
            await transport.ReportLostAsync(before.EventType, group, count, cancellationToken);
        return missing;
    }

    private async Task<int> RequeueMissingAsync(string[]? types, CancellationToken cancellationToken)
    {
        var missing = 0;
        var clean = 0;
        await foreach (var page in rows.WalkBackAsync(types, Retention, cancellationToken))
        {
            var gone = await FindMissingAsync(page, cancellationToken);
            foreach (var row in page.Except(gone))
                newest.TryAdd(row.EventType, new Sentinel(row.EntryId, Stopwatch.GetTimestamp() - (long)(row.Age * Stopwatch.Frequency)));
            missing += (await RequeueAsync(gone, certain: false, cancellationToken)).Count;
            clean = gone.Count == 0 ? clean + page.Count : 0;
            if (clean >= CleanEvents)
                break;
        }

        return missing;
    }

    /// <summary>What was to wait before it is published once more, and is missing still.</summary>
    private async Task<int> RequeueDueAsync(CancellationToken cancellationToken)
    {
        if (republications.Due() is not { Count: > 0 } due)
            return 0;

        var open = await rows.ReadAsync([.. due.Keys], cancellationToken);
        var certain = open.FindAll(row => due[row.Id]);
        var gone = await FindMissingAsync(open.FindAll(row => !due[row.Id]), cancellationToken);
        var missing = (await RequeueAsync(certain, certain: true, cancellationToken)).Count + (await RequeueAsync(gone, certain: false, cancellationToken)).Count;
        republications.Settle(due.Keys);
        return missing;
    }

    private async Task<List<PublishedRow>> FindMissingAsync(List<PublishedRow> open, CancellationToken cancellationToken)
    {
        if (open.Count == 0)
            return open;
        var state = await transport.ProbeAsync([.. open.Select(row => (row.EventType, row.EntryId))], cancellationToken);
        return [.. open.Where((_, i) => !state.Exists[i])];
    }

    /// <summary>Has events published again, unless they were a moment ago; then later.</summary>
    /// <returns>Those that are published now.</returns>
    private async Task<List<PublishedRow>> RequeueAsync(List<PublishedRow> gone, bool certain, CancellationToken cancellationToken)
    {
        var due = gone.FindAll(row => republications.TryStart(row.Id, certain));
        if (due.Count > 0)
            await rows.RequeueAsync([.. due.Select(row => row.Id)], certain, cancellationToken);
        return due;
    }

    [LoggerMessage(LogLevel.Warning, "Redis lost {Count} published events; they are published again.")]
    private partial void LogMissing(int count);

    private readonly record struct Sentinel(string EntryId, long Since);
}
