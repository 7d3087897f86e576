using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace TaskPlatform.EventBus.Postgres;

/// <summary>
/// Watches whether Redis still has what was published: a server that was emptied, or that came back with less than it had,
/// gets the missing events again, under the same ids.
/// </summary>
internal sealed partial class PublishedTail(NpgsqlConnection connection, IEventTransport transport, EventBusOptions options, ILogger logger)
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

    /// <summary>Asks for an entry of each type that was published before; where one is gone, or the server is another one, looks for what else is.</summary>
    /// <returns>How many events wait to be published again.</returns>
    public async Task<int> CheckAsync(CancellationToken cancellationToken)
    {
        foreach (var (type, _) in witnesses.Where(known => Stopwatch.GetElapsedTime(known.Value.Since) > Retention).ToList())
            witnesses.Remove(type);

        var asked = witnesses.Select(known => (known.Key, known.Value.EntryId)).ToList();
        var state = await transport.ProbeAsync(asked, cancellationToken);
        var lost = asked.Where((_, i) => !state.Exists[i]).Select(entry => entry.Key).ToArray();
        var missing = 0;
        if (state.Run != run)
            missing = await TakeBackMissingAsync(types: null, cancellationToken);
        else if (lost.Length > 0)
            missing = await TakeBackMissingAsync(lost, cancellationToken);

        run = state.Run;
        HasGrown = false;
        foreach (var type in lost)
            newest.Remove(type);
        witnesses.Clear();
        foreach (var (type, witness) in newest)
            witnesses[type] = witness;
        return missing;
    }

    private async Task<int> TakeBackMissingAsync(string[]? types, CancellationToken cancellationToken)
    {
        var missing = 0;
        var clean = 0;
        await foreach (var page in WalkBackAsync(types, cancellationToken))
        {
            var state = await transport.ProbeAsync([.. page.Select(row => (row.EventType, row.EntryId))], cancellationToken);
            var gone = page.Where((_, i) => !state.Exists[i]).ToList();
            foreach (var row in page.Except(gone))
                newest.TryAdd(row.EventType, new Witness(row.EntryId, Stopwatch.GetTimestamp() - (long)(row.Age * Stopwatch.Frequency)));
            if (gone.Count > 0)
                missing += await TakeBackAsync([.. gone.Select(row => row.Id)], cancellationToken);
            clean = gone.Count == 0 ? clean + page.Count : 0;
            if (clean >= CleanEvents)
                break;
        }

        if (missing > 0)
            LogMissing(missing);
        return missing;
    }

    /// <summary>What Redis should still have, newest first.</summary>
    private async IAsyncEnumerable<List<Row>> WalkBackAsync(string[]? types, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var old = 0;
        for (long? end = long.MaxValue; end is { } before && old < OldRows;)
        {
            var range = await LogRange.BeforeAsync(connection, before, Retention, cancellationToken);
            old = range.IsOld ? old + LogRange.Size : 0;
            while (!range.IsOld && await ReadPageAsync(range.First, before, types, cancellationToken) is { Count: > 0 } page)
            {
                yield return page;
                before = page[^1].Id;
            }

            end = range.First;
        }
    }

    private async Task<List<Row>> ReadPageAsync(long? first, long before, string[]? types, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
             SELECT id, type, entry_id, extract(epoch FROM now() - published_at)::float8 FROM event_log
             WHERE id >= $1 AND id < $2 AND entry_id IS NOT NULL AND published_at > now() - $3 AND ($4::text[] IS NULL OR type = ANY ($4))
             ORDER BY id DESC
             LIMIT {PageSize}
             """, connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = first ?? 0 });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = before });
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = Retention });
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)types ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Text });

        var page = new List<Row>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            page.Add(new Row(reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetDouble(3)));
        return page;
    }

    private async Task<int> TakeBackAsync(long[] ids, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "UPDATE event_log SET entry_id = NULL, published_at = NULL WHERE id = ANY ($1)", connection);
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = ids });
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    [LoggerMessage(LogLevel.Warning, "Redis lost {Count} published events; they are published again.")]
    private partial void LogMissing(int count);

    private readonly record struct Witness(string EntryId, long Since);

    private readonly record struct Row(long Id, string EventType, string EntryId, double Age);
}
