using Npgsql;

namespace TaskPlatform.EventBus.Postgres;

/// <summary>
/// Answers requests for past events that their stream has lost. It runs in the elected dispatcher, on the connection that holds
/// the lock; the transport notes with each answer how far it is, so another dispatcher goes on where this one died.
/// </summary>
internal sealed class LogReplayer(NpgsqlConnection connection, IReplays replays, string service)
{
    private const int PageSize = 200;

    /// <summary>Gives each open request its next events.</summary>
    /// <returns>Whether there is more that may come at once.</returns>
    public async Task<bool> RunOnceAsync(CancellationToken cancellationToken)
    {
        var more = false;
        foreach (var (request, progress) in await replays.FindOpenAsync(service, cancellationToken))
        {
            var size = Math.Min(PageSize, request.Rate ?? PageSize);
            var page = await ReadAsync(request.Replay, progress.Cursor, size, cancellationToken);
            var done = page.Count < size;
            var cursor = page.Count > 0 ? page[^1].Id : progress.Cursor;
            if (await replays.AnswerAsync(request, progress, [.. page.Select(row => row.Event)], cursor, done, cancellationToken))
                more |= !done && request.Rate is null;
        }

        return more;
    }

    private async Task<List<(long Id, OutgoingEvent Event)>> ReadAsync(
        Replay replay, long cursor, int size, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
             SELECT {LogReader.EventColumns}
             FROM event_log
             WHERE type = $1 AND id > $2 AND entry_id IS NOT NULL
               AND (split_part(entry_id, '-', 1)::numeric, split_part(entry_id, '-', 2)::numeric) > ($3, $4)
               AND (split_part(entry_id, '-', 1)::numeric, split_part(entry_id, '-', 2)::numeric) <= ($5, $6)
             ORDER BY id
             LIMIT $7
             """, connection);
        var (after, upTo) = (EntryId.Parse(replay.After), EntryId.Parse(replay.UpTo));
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = replay.Type });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = cursor });
        foreach (var bound in new decimal[] { after.Milliseconds, after.Sequence, upTo.Milliseconds, upTo.Sequence })
            command.Parameters.Add(new NpgsqlParameter<decimal> { TypedValue = bound });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = size });

        var page = new List<(long, OutgoingEvent)>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            page.Add(LogReader.ReadEvent(reader));
        return page;
    }
}
