using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.Notifications.Data;

namespace TaskPlatform.Notifications.Live;

/// <summary>Reads the rows that a stream has to send, each once.</summary>
internal sealed class StreamRows(NotificationsDb db, LiveStreams liveStreams, long userId)
{
    private const int PageSize = 100;

    /// <summary>The stream's progress.</summary>
    public StreamCursor Cursor { get; private set; } = null!;

    /// <summary>Starts at the client's cursor, or at the current snapshot.</summary>
    public async Task StartAsync(StreamCursor? from, CancellationToken cancellationToken)
    {
        var now = await NowAsync(cancellationToken);

        // A cursor from the future belongs to another database, for example the one before a backup was restored.
        Cursor = from is null || (from.Sending ?? from.Sent).Xmax > now.Xmax ? new StreamCursor(now) : from;
    }

    /// <summary>Returns the newly committed rows, each with the cursor after it.</summary>
    public async IAsyncEnumerable<(Notification Row, StreamCursor Id)> NewAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // The client may have disconnected in the middle of a snapshot, which is finished first.
        if (Cursor.Sending is { } unfinished)
        {
            await foreach (var found in ReadUpToAsync(unfinished, cancellationToken))
                yield return found;
        }

        await foreach (var found in ReadUpToAsync(await NowAsync(cancellationToken), cancellationToken))
            yield return found;
    }

    // Returns all rows that are visible in the snapshot and were not visible in the previous one.
    private async IAsyncEnumerable<(Notification Row, StreamCursor Id)> ReadUpToAsync(
        Snapshot sending, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        List<Notification> rows;
        do
        {
            rows = await ReadAsync(Cursor, sending, cancellationToken);
            foreach (var row in rows)
            {
                var isLast = rows.Count < PageSize && row == rows[^1];
                Cursor = isLast ? new StreamCursor(sending) : new StreamCursor(Cursor.Sent, sending, row.Position);
                yield return (row, Cursor);
            }
        }
        while (rows.Count == PageSize);

        Cursor = new StreamCursor(sending);
    }

    private Task<Snapshot> NowAsync(CancellationToken cancellationToken) => liveStreams.ReadAsync(
        async () => Snapshot.Parse(await db.Database.SqlQuery<string>($"""SELECT pg_current_snapshot()::text AS "Value" """).SingleAsync(cancellationToken))
            ?? throw new InvalidOperationException("The database returned a snapshot in an unknown format."),
        cancellationToken);

    private Task<List<Notification>> ReadAsync(StreamCursor after, Snapshot upTo, CancellationToken cancellationToken) => liveStreams.ReadAsync(
        () => db.Notifications
            .FromSql($"""
                SELECT * FROM notifications
                WHERE user_id = {userId}
                  AND transaction_id >= pg_snapshot_xmin(CAST({after.Sent.Text} AS pg_snapshot))
                  AND NOT pg_visible_in_snapshot(transaction_id, CAST({after.Sent.Text} AS pg_snapshot))
                  AND pg_visible_in_snapshot(transaction_id, CAST({upTo.Text} AS pg_snapshot))
                  AND position > {after.Position}
                ORDER BY position
                LIMIT {PageSize}
                """)
            .AsNoTracking()
            .ToListAsync(cancellationToken),
        cancellationToken);
}
