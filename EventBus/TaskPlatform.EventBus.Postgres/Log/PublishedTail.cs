using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace TaskPlatform.EventBus.Postgres;

/// <summary>
/// Watches whether Redis still has what was published: a server that was emptied, or that came back with less than it had, gets the
/// missing events again, under the same ids. So does a stream from which others remove what its groups have not finished.
/// </summary>
internal sealed partial class PublishedTail(
    NpgsqlConnection connection, IEventTransport transport, IReadOnlyCollection<string> eventTypes, EventBusOptions options, ILogger logger)
{
    /// <summary>Behind so many rows in a row that were published too long ago there is nothing to look for, though a history may go on for ever.</summary>
    public const int OldRows = 10 * LogRange.Size;

    private const int PageSize = 500;

    /// <summary>
    /// A server loses the end of what it knew, or everything. So the look goes backwards, and ends when this many events in a
    /// row are all there; fewer could be by chance, where the loss touched only streams that are quiet.
    /// </summary>
    private const int CleanEvents = 1000;

    /// <summary>Of each type one entry that must still be there: the first that was published since the last check, or else the newest.</summary>
    private readonly Dictionary<string, Witness> witnesses = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Witness> newest = new(StringComparer.Ordinal);
    /// <summary>Entry ids and what a log notes are by two clocks.</summary>
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(1);

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
        var witness = new Witness(entryId, Stopwatch.GetTimestamp());
        newest[eventType] = witness;
        witnesses.TryAdd(eventType, witness);
        HasGrown = true;
    }

    /// <summary>
    /// Compares the streams with how they were at the check before, and asks for an entry of each type that was published before. Where
    /// something is gone, or the server is another one, looks for what else is.
    /// </summary>
    /// <returns>How many events wait to be published again.</returns>
    public async Task<int> CheckAsync(CancellationToken cancellationToken)
    {
        foreach (var (type, _) in witnesses.Where(known => Stopwatch.GetElapsedTime(known.Value.Since) > Retention).ToList())
            witnesses.Remove(type);

        var now = await transport.MeasureAsync(eventTypes, cancellationToken);
        var asked = witnesses.Select(known => (known.Key, known.Value.EntryId)).ToList();
        var state = await transport.ProbeAsync(asked, cancellationToken);
        var isThere = asked.Zip(state.Exists, (entry, exists) => (entry.Key, exists)).ToDictionary(StringComparer.Ordinal);
        var missing = state.Run != run
            ? await BeginAsync(now, cancellationToken)
            : await CompareAsync(now, isThere, cancellationToken) + await TakeBackDueAsync(cancellationToken);
        if (missing > 0)
            LogMissing(missing);

        run = state.Run;
        lastReading = now.At;
        HasGrown = false;
        foreach (var (type, _) in isThere.Where(witness => !witness.Value))
            newest.Remove(type);
        foreach (var type in witnesses.Keys.Where(type => !resting.Contains(type)).ToList())
            witnesses.Remove(type);
        foreach (var (type, witness) in newest)
            witnesses.TryAdd(type, witness);
        return missing;
    }

    /// <summary>Nothing is known of the server: looks for the end of what was published, and for what others have removed unread.</summary>
    private async Task<int> BeginAsync(StreamReadings now, CancellationToken cancellationToken)
    {
        republications.Clear();
        resting.Clear();
        var missing = await TakeBackMissingAsync(types: null, cancellationToken);
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
            var change = watch.Compare(stream, isThere.TryGetValue(stream.EventType, out var witness) ? witness : null);
            if (change != StreamChange.None)
            {
                if (watch.Rests(stream.EventType))
                {
                    resting.Add(stream.EventType); // It is compared with the same check again.
                    continue;
                }

                var started = Stopwatch.GetTimestamp();
                missing += change == StreamChange.EntriesRemoved
                    ? await VerifyAsync(watch.Before(stream.EventType)!, now.At, lastReading - ClockTolerance, cancellationToken)
                    : await TakeBackMissingAsync([stream.EventType], cancellationToken);
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
        await foreach (var page in WalkBackAsync([before.EventType], age, cancellationToken))
        {
            isOurs = true;
            var certain = page.FindAll(row => targeted.Contains(row.EventId));
            var open = page.FindAll(row => pending.Contains(row.EntryId) || EntryId.Parse(row.EntryId) > position);
            var gone = await FindGoneAsync([.. open.Except(certain)], cancellationToken);
            var taken = await TakeBackAsync(gone, certain: false, cancellationToken);
            missing += taken.Count + (await TakeBackAsync(certain, certain: true, cancellationToken)).Count;
            foreach (var group in before.Groups)
                counts[group.Name] += taken.Count(row => !pending.Contains(row.EntryId) && EntryId.Parse(row.EntryId) > group.LastDelivered);
        }

        if (!isOurs)
            return 0; // Another service publishes these events.
        if (lost.Targeted.Count > 0)
            await transport.ForgetLostAsync(before.EventType, [.. lost.Targeted.Select(entry => entry.EntryId)], cancellationToken);
        foreach (var entry in lost.Targeted.Where(entry => !pending.Contains(entry.EntryId)))
            counts[entry.Group] = counts.GetValueOrDefault(entry.Group) + 1;
        foreach (var (group, count) in counts.Where(group => group.Value > 0))
            await transport.ReportLostAsync(before.EventType, group, count, cancellationToken);
        return missing;
    }

    private async Task<int> TakeBackMissingAsync(string[]? types, CancellationToken cancellationToken)
    {
        var missing = 0;
        var clean = 0;
        await foreach (var page in WalkBackAsync(types, Retention, cancellationToken))
        {
            var gone = await FindGoneAsync(page, cancellationToken);
            foreach (var row in page.Except(gone))
                newest.TryAdd(row.EventType, new Witness(row.EntryId, Stopwatch.GetTimestamp() - (long)(row.Age * Stopwatch.Frequency)));
            missing += (await TakeBackAsync(gone, certain: false, cancellationToken)).Count;
            clean = gone.Count == 0 ? clean + page.Count : 0;
            if (clean >= CleanEvents)
                break;
        }

        return missing;
    }

    /// <summary>What was to wait before it is published once more, and is missing still.</summary>
    private async Task<int> TakeBackDueAsync(CancellationToken cancellationToken)
    {
        if (republications.TakeDue() is not { Count: > 0 } due)
            return 0;

        await using var command = new NpgsqlCommand(
            "SELECT id, type, entry_id, extract(epoch FROM now() - published_at)::float8, event_id FROM event_log WHERE id = ANY ($1) AND entry_id IS NOT NULL",
            connection);
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. due.Keys] });
        var rows = await ReadRowsAsync(command, cancellationToken);
        var certain = rows.FindAll(row => due[row.Id]);
        var gone = await FindGoneAsync(rows.FindAll(row => !due[row.Id]), cancellationToken);
        return (await TakeBackAsync(certain, certain: true, cancellationToken)).Count + (await TakeBackAsync(gone, certain: false, cancellationToken)).Count;
    }

    private async Task<List<Row>> FindGoneAsync(List<Row> rows, CancellationToken cancellationToken)
    {
        if (rows.Count == 0)
            return rows;
        var state = await transport.ProbeAsync([.. rows.Select(row => (row.EventType, row.EntryId))], cancellationToken);
        return [.. rows.Where((_, i) => !state.Exists[i])];
    }

    /// <summary>What Redis should still have of what was published within some time, newest first.</summary>
    private async IAsyncEnumerable<List<Row>> WalkBackAsync(
        string[]? types, TimeSpan age, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var old = 0;
        for (long? end = long.MaxValue; end is { } before && old < OldRows;)
        {
            var range = await LogRange.BeforeAsync(connection, before, age, cancellationToken);
            old = range.IsOld ? old + LogRange.Size : 0;
            while (!range.IsOld && await ReadPageAsync(range.First, before, types, age, cancellationToken) is { Count: > 0 } page)
            {
                yield return page;
                before = page[^1].Id;
            }

            end = range.First;
        }
    }

    private async Task<List<Row>> ReadPageAsync(long? first, long before, string[]? types, TimeSpan age, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
             SELECT id, type, entry_id, extract(epoch FROM now() - published_at)::float8, event_id FROM event_log
             WHERE id >= $1 AND id < $2 AND entry_id IS NOT NULL AND published_at > now() - $3 AND ($4::text[] IS NULL OR type = ANY ($4))
             ORDER BY id DESC
             LIMIT {PageSize}
             """, connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = first ?? 0 });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = before });
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = age });
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)types ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Text });

        return await ReadRowsAsync(command, cancellationToken);
    }

    private static async Task<List<Row>> ReadRowsAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        var rows = new List<Row>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            rows.Add(new Row(reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetDouble(3), reader.GetGuid(4)));
        return rows;
    }

    /// <summary>Has events published again, unless they were a moment ago; then later.</summary>
    /// <returns>Those that are published now.</returns>
    private async Task<List<Row>> TakeBackAsync(List<Row> gone, bool certain, CancellationToken cancellationToken)
    {
        var admitted = gone.FindAll(row => republications.Admit(row.Id, certain));
        if (admitted.Count == 0)
            return admitted;
        await using var command = new NpgsqlCommand(
            "UPDATE event_log SET entry_id = NULL, published_at = NULL WHERE id = ANY ($1)", connection);
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. admitted.Select(row => row.Id)] });
        await command.ExecuteNonQueryAsync(cancellationToken);
        return admitted;
    }

    [LoggerMessage(LogLevel.Warning, "Redis lost {Count} published events; they are published again.")]
    private partial void LogMissing(int count);

    private readonly record struct Witness(string EntryId, long Since);

    private readonly record struct Row(long Id, string EventType, string EntryId, double Age, Guid EventId);
}
