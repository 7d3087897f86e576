using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>
/// Verifies that the transport still has the published events. If the server was emptied or restored to an earlier state, or if other clients removed
/// entries that their groups had not finished, the missing events are published again with the same ids.
/// </summary>
internal sealed partial class PublishedEventVerifier(
    NpgsqlConnection connection, IPublishedEventProbe probe, IReadOnlyCollection<string> streams, EventBusOptions options, ILogger logger)
{
    /// <summary>
    /// A server loses its latest writes or everything. So the search runs backwards, and ends when this many consecutive events exist.
    /// A smaller number could exist by chance, if the loss affected only streams with little traffic.
    /// </summary>
    private const int CleanEvents = 1000;

    /// <summary>Entry ids may come from the transport's clock, the log's timestamps from Postgres's.</summary>
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(1);

    private readonly Comparer<string> entryOrder = Comparer<string>.Create(probe.Compare);
    private readonly PublishedRows rows = new(connection);
    private readonly StreamWatch watch = new();
    private readonly Sentinels sentinels = new();

    /// <summary>Event types that the last check skipped although their streams had changed.</summary>
    private readonly HashSet<string> skippedStreams = new(StringComparer.Ordinal);
    private readonly Republications republications = new();
    private DateTimeOffset lastReading = DateTimeOffset.UnixEpoch;
    private string? serverRun;

    /// <summary>Whether something was published since the last check.</summary>
    public bool HasGrown => sentinels.HasGrown;

    /// <summary>Slightly less than the retention, because an entry close to its end may already be trimmed.</summary>
    private TimeSpan Retention => options.StreamRetention * 0.95;

    /// <summary>Records that an event was published as this entry.</summary>
    public void Add(string stream, string entryId) => sentinels.Add(stream, entryId);

    /// <summary>
    /// Compares the streams with the previous check, and probes one entry of each published channel. If something is missing, or
    /// the server was restarted or replaced, searches for all missing events.
    /// </summary>
    /// <returns>The number of events that are queued to be published again.</returns>
    public async Task<int> CheckAsync(CancellationToken cancellationToken)
    {
        var now = await probe.MeasureAsync(streams, cancellationToken);
        var probed = sentinels.Current(Retention);
        var state = await probe.ProbeAsync(probed, cancellationToken);
        var sentinelExists = probed.Zip(state.Exists, (entry, exists) => (entry.Stream, exists)).ToDictionary(StringComparer.Ordinal);
        var missing = state.Run != serverRun
            ? await InitializeAsync(now, cancellationToken)
            : await CompareAsync(now, sentinelExists, cancellationToken) + await RequeueDueAsync(cancellationToken);
        if (missing > 0)
            LogMissing(missing);

        serverRun = state.Run;
        lastReading = now.At;
        sentinels.Renew(sentinelExists, skippedStreams);
        return missing;
    }

    /// <summary>For an unknown server: searches the latest published events, and the unfinished events that other clients removed.</summary>
    private async Task<int> InitializeAsync(StreamReadings now, CancellationToken cancellationToken)
    {
        republications.Clear();
        skippedStreams.Clear();
        var missing = await RequeueMissingAsync(types: null, cancellationToken);
        foreach (var stream in now.Streams)
        {
            if (stream.Removed > 0)
                missing += await VerifyAsync(stream, now.At, since: DateTimeOffset.UnixEpoch, cancellationToken);
            watch.Accept(stream);
        }

        return missing;
    }

    private async Task<int> CompareAsync(StreamReadings now, Dictionary<string, bool> sentinelExists, CancellationToken cancellationToken)
    {
        var missing = 0;
        skippedStreams.Clear();
        foreach (var stream in now.Streams)
        {
            var change = watch.Compare(stream, sentinelExists.TryGetValue(stream.Stream, out var sentinel) ? sentinel : null);
            if (change != StreamChange.None)
            {
                if (watch.IsPaused(stream.Stream))
                {
                    skippedStreams.Add(stream.Stream); // The next check compares with the same readings again.
                    continue;
                }

                var started = Stopwatch.GetTimestamp();
                missing += change == StreamChange.EntriesRemoved
                    ? await VerifyAsync(watch.Before(stream.Stream)!, now.At, lastReading - ClockTolerance, cancellationToken)
                    : await RequeueMissingAsync([stream.Stream], cancellationToken);
                watch.RecordVerification(stream.Stream, started);
            }

            watch.Accept(stream);
        }

        return missing;
    }

    /// <summary>
    /// Searches for lost events that were unfinished at a check: those after a group's position, and those that a group had pending.
    /// </summary>
    /// <param name="before">The stream at that check.</param>
    /// <param name="now">The current time of the transport's clock.</param>
    /// <param name="since">The earliest time at which consumers may have found that a pending entry was missing.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    private async Task<int> VerifyAsync(StreamReading before, DateTimeOffset now, DateTimeOffset since, CancellationToken cancellationToken)
    {
        var lost = await probe.FindLostAsync(before.Stream, since, cancellationToken);
        var pending = lost.Pending.ToHashSet(StringComparer.Ordinal);
        var targeted = lost.Targeted.ToLookup(entry => entry.EventId);
        var position = before.Groups.Select(group => group.LastDelivered).Min(entryOrder);
        var oldest = position is null ? null : pending.Append(position).Min(entryOrder);
        var age = lost.Targeted.Count == 0 && oldest is not null && probe.TimeOf(oldest) is { } time && time <= now && now - time + ClockTolerance < Retention
            ? now - time + ClockTolerance
            : Retention;
        var counts = before.Groups.ToDictionary(group => group.Name, _ => 0, StringComparer.Ordinal);
        var (missing, isOwner) = (0, false);
        await foreach (var page in rows.ReadBackwardsAsync([before.Stream], age, cancellationToken))
        {
            isOwner = true;
            var retried = page.FindAll(row => targeted.Contains(row.EventId));
            var open = page.FindAll(row => pending.Contains(row.EntryId) || IsAfter(row, position));
            var missingRows = await FindMissingAsync([.. open.Except(retried)], cancellationToken);
            var requeued = await RequeueAsync(missingRows, certain: false, cancellationToken);
            missing += requeued.Count + (await RequeueAsync(retried, certain: true, cancellationToken)).Count;
            foreach (var group in before.Groups)
                counts[group.Name] += requeued.Count(row => !pending.Contains(row.EntryId) && IsAfter(row, group.LastDelivered));
        }

        if (!isOwner)
            return 0; // Another service publishes these events.
        if (lost.Targeted.Count > 0)
            await probe.ClearLostAsync(before.Stream, [.. lost.Targeted.Select(entry => entry.EntryId)], cancellationToken);
        foreach (var entry in lost.Targeted.Where(entry => !pending.Contains(entry.EntryId)))
            counts[entry.Group] = counts.GetValueOrDefault(entry.Group) + 1;
        foreach (var (group, count) in counts.Where(group => group.Value > 0))
            await probe.ReportLostAsync(before.Stream, group, count, cancellationToken);
        return missing;
    }

    /// <summary>Whether an entry is after a group's position; null is before all entries.</summary>
    private bool IsAfter(PublishedRow row, string? position) => position is null || probe.Compare(row.EntryId, position) > 0;

    private async Task<int> RequeueMissingAsync(string[]? types, CancellationToken cancellationToken)
    {
        var missing = 0;
        var clean = 0;
        await foreach (var page in rows.ReadBackwardsAsync(types, Retention, cancellationToken))
        {
            var missingRows = await FindMissingAsync(page, cancellationToken);
            foreach (var row in page.Except(missingRows))
                sentinels.AddFound(row.Stream, row.EntryId, row.Age);
            missing += (await RequeueAsync(missingRows, certain: false, cancellationToken)).Count;
            clean = missingRows.Count == 0 ? clean + page.Count : 0;
            if (clean >= CleanEvents)
                break;
        }

        return missing;
    }

    /// <summary>Publishes postponed events whose delay is over and that are still missing.</summary>
    private async Task<int> RequeueDueAsync(CancellationToken cancellationToken)
    {
        if (republications.Due() is not { Count: > 0 } due)
            return 0;

        var open = await rows.ReadAsync([.. due.Keys], cancellationToken);
        var certain = open.FindAll(row => due[row.Id]);
        var missingRows = await FindMissingAsync(open.FindAll(row => !due[row.Id]), cancellationToken);
        var missing = (await RequeueAsync(certain, certain: true, cancellationToken)).Count + (await RequeueAsync(missingRows, certain: false, cancellationToken)).Count;
        republications.Complete(due.Keys);
        return missing;
    }

    private async Task<List<PublishedRow>> FindMissingAsync(List<PublishedRow> open, CancellationToken cancellationToken)
    {
        if (open.Count == 0)
            return open;
        var state = await probe.ProbeAsync([.. open.Select(row => (row.Stream, row.EntryId))], cancellationToken);
        return [.. open.Where((_, i) => !state.Exists[i])];
    }

    /// <summary>Queues events to be published again, or postpones those that were published again recently.</summary>
    /// <returns>The events that were queued.</returns>
    private async Task<List<PublishedRow>> RequeueAsync(List<PublishedRow> missingRows, bool certain, CancellationToken cancellationToken)
    {
        var due = missingRows.FindAll(row => republications.TryStart(row.Id, certain));
        if (due.Count > 0)
            await rows.RequeueAsync([.. due.Select(row => row.Id)], certain, cancellationToken);
        return due;
    }

    [LoggerMessage(LogLevel.Warning, "The transport lost {Count} published events; they are published again.")]
    private partial void LogMissing(int count);
}
