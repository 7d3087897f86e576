using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>
/// Serves requests to replay past events that are no longer in their stream. Runs in the leader, on the connection that holds the lock. The
/// transport stores the progress with each page, so that another dispatcher can continue after a crash.
/// </summary>
internal sealed partial class LogReplayer(NpgsqlConnection connection, IReplays replays, string service, ILogger logger)
{
    private const int PageSize = 200;

    /// <summary>The number of rows whose entry ids are read at once, to find those in the requested range.</summary>
    private const int CandidatesSize = 1000;

    /// <summary>Time limit for one call to search for the next page; new events are not published meanwhile.</summary>
    private static readonly TimeSpan MaxDuration = TimeSpan.FromMilliseconds(100);

    /// <summary>Appends the next events of each open request. A failure that concerns only replays delays nothing else: it is logged, and retried later.</summary>
    /// <returns>Whether more events can be appended immediately.</returns>
    public async Task<bool> TryRunOnceAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await RunOnceAsync(cancellationToken);
        }
        catch (Exception e) when (e is not (OperationCanceledException or EventTransportUnavailableException or NpgsqlException))
        {
            LogNotReplayed(service, e);
            return false;
        }
    }

    /// <summary>Appends the next events of each open request.</summary>
    /// <returns>Whether more events can be appended immediately.</returns>
    public async Task<bool> RunOnceAsync(CancellationToken cancellationToken)
    {
        var more = false;
        foreach (var (request, progress) in await replays.FindOpenAsync(service, cancellationToken))
        {
            var size = Math.Min(PageSize, request.Rate ?? PageSize);
            var (page, cursor, done) = await ReadAsync(request, progress.Cursor, size, cancellationToken);
            if (await replays.AppendAsync(request, progress, page, cursor, done, cancellationToken))
                more |= !done && (request.Rate is null || page.Count == 0);
        }

        return more;
    }

    /// <summary>Scans the log window by window until a page is full.</summary>
    /// <returns>The page, the last row that was scanned, and whether the scan reached the end of the log.</returns>
    private async Task<(List<OutgoingEvent> Page, long Cursor, bool Done)> ReadAsync(
        LogReplay request, long cursor, int size, CancellationToken cancellationToken)
    {
        var rows = new List<long>();
        var started = Stopwatch.GetTimestamp();
        var isDone = false;
        do
        {
            var end = await ScanWindow.EndAsync(connection, cursor, cancellationToken);
            var found = await FindAsync(request, cursor, end ?? long.MaxValue, size - rows.Count, cancellationToken);
            rows.AddRange(found);
            isDone = end is null && rows.Count < size;
            cursor = rows.Count < size && end is { } last ? last : found is [.., var newest] ? newest : cursor;
        }
        while (!isDone && rows.Count < size && Stopwatch.GetElapsedTime(started) < MaxDuration);

        return (await ReadEventsAsync(rows, cancellationToken), cursor, isDone);
    }

    /// <summary>
    /// Finds the rows of a window that are in the requested range. Only the transport can compare entry ids, so it is asked about each row; the
    /// events themselves are read only for those that match.
    /// </summary>
    private async Task<List<long>> FindAsync(LogReplay request, long after, long end, int size, CancellationToken cancellationToken)
    {
        var found = new List<long>();
        var stream = request.Replay.Type;
        int candidates;
        do
        {
            await using var command = new NpgsqlCommand(
                $"""
                 SELECT id, type, entry_id, created_at
                 FROM event_log
                 WHERE {(StreamName.IsPartition(stream) ? "aggregate_type" : "type")} = $1 AND id > $2 AND id <= $3 AND entry_id IS NOT NULL
                 ORDER BY id
                 LIMIT {CandidatesSize}
                 """, connection);
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = StreamName.IsPartition(stream) ? StreamName.AggregateTypeOf(stream) : stream });
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = after });
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = end });
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            for (candidates = 0; await reader.ReadAsync(cancellationToken); candidates++)
            {
                after = reader.GetInt64(0);
                var (channel, entryId) = LogEntryId.Read(reader.GetString(1), reader.GetString(2));
                if (found.Count < size && channel == stream && replays.Includes(request, entryId, reader.GetFieldValue<DateTimeOffset>(3)))
                    found.Add(after);
            }
        }
        while (candidates == CandidatesSize && found.Count < size);

        return found;
    }

    private async Task<List<OutgoingEvent>> ReadEventsAsync(List<long> ids, CancellationToken cancellationToken)
    {
        if (ids.Count == 0)
            return [];

        await using var command = new NpgsqlCommand($"SELECT {LogStatements.EventColumns} FROM event_log WHERE id = ANY ($1)", connection);
        command.Parameters.Add(new NpgsqlParameter<List<long>> { TypedValue = ids });
        var events = new List<(long Id, OutgoingEvent Event)>(ids.Count);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            events.Add(LogStatements.ReadEvent(reader));
        return [.. events.OrderBy(row => row.Id).Select(row => row.Event)];
    }

    [LoggerMessage(LogLevel.Warning, "Replaying past events of {Service} failed; it is retried.")]
    private partial void LogNotReplayed(string service, Exception exception);
}
