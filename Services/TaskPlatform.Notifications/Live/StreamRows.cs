using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.Notifications.Data;

namespace TaskPlatform.Notifications.Live;

/// <summary>Finds what a stream has to send, each row once.</summary>
internal sealed class StreamRows(NotificationsDb db, NewNotifications news, long userId)
{
    private const int PageSize = 100;

    /// <summary>How far the stream has got.</summary>
    public StreamCursor Cursor { get; private set; } = null!;

    /// <summary>Begins where the client got to, or now.</summary>
    public async Task StartAsync(StreamCursor? from, CancellationToken cancellationToken)
    {
        var now = await NowAsync(cancellationToken);

        // One from the future was another database's, before a backup was restored maybe.
        Cursor = from is null || (from.Sending ?? from.Sent).Xmax > now.Xmax ? new StreamCursor(now) : from;
    }

    /// <summary>What was committed since, and with each row how far the stream has then got.</summary>
    public async IAsyncEnumerable<(Notification Row, StreamCursor Id)> NewAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // The client may have gone away in the middle of a pass, which then is finished first.
        if (Cursor.Sending is { } unfinished)
        {
            await foreach (var found in PassAsync(unfinished, cancellationToken))
                yield return found;
        }

        await foreach (var found in PassAsync(await NowAsync(cancellationToken), cancellationToken))
            yield return found;
    }

    // All that the snapshot shows and the one before didn't.
    private async IAsyncEnumerable<(Notification Row, StreamCursor Id)> PassAsync(
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

    private Task<Snapshot> NowAsync(CancellationToken cancellationToken) => news.ReadAsync(
        async () => Snapshot.Parse(await db.Database.SqlQuery<string>($"""SELECT pg_current_snapshot()::text AS "Value" """).SingleAsync(cancellationToken))
            ?? throw new InvalidOperationException("The database writes its snapshots in another way."),
        cancellationToken);

    private Task<List<Notification>> ReadAsync(StreamCursor after, Snapshot upTo, CancellationToken cancellationToken) => news.ReadAsync(
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
