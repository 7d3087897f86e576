using System.Diagnostics;
using Npgsql;

namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>
/// Serves requests to replay past events that are no longer in their stream. Runs in the elected dispatcher, on the connection that holds
/// the lock. The transport stores the progress with each page, so that another dispatcher can continue after a crash.
/// </summary>
internal sealed class LogReplayer(NpgsqlConnection connection, IReplays replays, string service)
{
    private const int PageSize = 200;

    /// <summary>Time limit for one call to search for the next page; new events are not published meanwhile.</summary>
    private static readonly TimeSpan MaxDuration = TimeSpan.FromMilliseconds(100);

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
        var page = new List<OutgoingEvent>();
        var started = Stopwatch.GetTimestamp();
        do
        {
            var end = await ScanWindow.EndAsync(connection, cursor, cancellationToken);
            var found = await ReadAsync(request, cursor, end ?? long.MaxValue, size - page.Count, cancellationToken);
            page.AddRange(found.Select(row => row.Event));
            if (page.Count == size)
                return (page, found[^1].Id, Done: false);
            if (end is null)
                return (page, found is [.., var last] ? last.Id : cursor, Done: true);
            cursor = end.Value;
        }
        while (Stopwatch.GetElapsedTime(started) < MaxDuration);

        return (page, cursor, Done: false);
    }

    private async Task<List<(long Id, OutgoingEvent Event)>> ReadAsync(
        LogReplay request, long cursor, long end, int size, CancellationToken cancellationToken)
    {
        const string entry = "(split_part(entry_id, '-', 1)::numeric, split_part(entry_id, '-', 2)::numeric)";
        var replay = request.Replay;
        await using var command = new NpgsqlCommand(
            $"""
             SELECT {LogStatements.EventColumns}
             FROM event_log
             WHERE type = $1 AND id > $2 AND id <= $3 AND entry_id IS NOT NULL
               AND (({entry} > ($4, $5) AND {entry} <= ($6, $7)) OR ({entry} > ($9, $10) AND created_at > $11 AND created_at <= $12))
             ORDER BY id
             LIMIT $8
             """, connection);
        var (after, upTo) = (EntryId.Parse(replay.After), EntryId.Parse(replay.UpTo));
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = replay.Type });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = cursor });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = end });
        foreach (var bound in new decimal[] { after.Milliseconds, after.Sequence, upTo.Milliseconds, upTo.Sequence })
            command.Parameters.Add(new NpgsqlParameter<decimal> { TypedValue = bound });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = size });
        var cutoff = request.Cutoff is { } last ? EntryId.Parse(last) : EntryId.MaxValue;
        command.Parameters.Add(new NpgsqlParameter<decimal> { TypedValue = cutoff.Milliseconds });
        command.Parameters.Add(new NpgsqlParameter<decimal> { TypedValue = cutoff.Sequence });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = after.Time });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = upTo.Time });

        var page = new List<(long, OutgoingEvent)>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            page.Add(LogStatements.ReadEvent(reader));
        return page;
    }
}
