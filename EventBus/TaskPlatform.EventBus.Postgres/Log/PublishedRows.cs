using System.Runtime.CompilerServices;
using Npgsql;

namespace TaskPlatform.EventBus.Postgres;

/// <summary>A published event in the log.</summary>
/// <param name="Id">Its row.</param>
/// <param name="EventType">The wire name.</param>
/// <param name="EntryId">The entry that it became.</param>
/// <param name="Age">How long ago it was published, in s.</param>
/// <param name="EventId">The event.</param>
internal readonly record struct PublishedRow(long Id, string EventType, string EntryId, double Age, Guid EventId);

/// <summary>The published part of a log, from its end. No statement looks at more than <see cref="ScanWindow.Size"/> rows.</summary>
internal sealed class PublishedRows(NpgsqlConnection connection)
{
    /// <summary>The search ends after this many consecutive rows that were published too long ago, however long the history is.</summary>
    public const int OldRows = 10 * ScanWindow.Size;

    private const int PageSize = 500;
    private const string Columns = "id, type, entry_id, extract(epoch FROM now() - published_at)::float8, event_id";

    /// <summary>What Redis should still have of what was published within some time, newest first.</summary>
    public async IAsyncEnumerable<List<PublishedRow>> WalkBackAsync(
        string[]? types, TimeSpan age, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var old = 0;
        for (long? end = long.MaxValue; end is { } before && old < OldRows;)
        {
            var window = await ScanWindow.BeforeAsync(connection, before, age, cancellationToken);
            old = window.IsOld ? old + ScanWindow.Size : 0;
            while (!window.IsOld && await ReadPageAsync(window.First, before, types, age, cancellationToken) is { Count: > 0 } page)
            {
                yield return page;
                before = page[^1].Id;
            }

            end = window.First;
        }
    }

    private async Task<List<PublishedRow>> ReadPageAsync(long? first, long before, string[]? types, TimeSpan age, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
             SELECT {Columns} FROM event_log
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

    /// <summary>Some rows, as far as they are published.</summary>
    public async Task<List<PublishedRow>> ReadAsync(long[] ids, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"SELECT {Columns} FROM event_log WHERE id = ANY ($1) AND entry_id IS NOT NULL", connection);
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = ids });
        return await ReadRowsAsync(command, cancellationToken);
    }

    /// <summary>Has them wait again.</summary>
    /// <param name="ids">The rows.</param>
    /// <param name="certain">Whether they are to be published again though their entries are there: then <c>published_at</c> stays, which says that.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RequeueAsync(long[] ids, bool certain, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "UPDATE event_log SET entry_id = NULL, published_at = CASE WHEN $2 THEN published_at END WHERE id = ANY ($1)", connection);
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = ids });
        command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = certain });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<List<PublishedRow>> ReadRowsAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        var rows = new List<PublishedRow>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            rows.Add(new PublishedRow(reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetDouble(3), reader.GetGuid(4)));
        return rows;
    }
}
