using System.Runtime.CompilerServices;
using Npgsql;

namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>A published event in the log.</summary>
/// <param name="Id">The row's id.</param>
/// <param name="Stream">The short name of the channel to which it was published.</param>
/// <param name="EntryId">The id of its stream entry.</param>
/// <param name="Age">The time since its publication, in seconds.</param>
/// <param name="EventId">The event's id.</param>
internal readonly record struct PublishedRow(long Id, string Stream, string EntryId, double Age, Guid EventId);

/// <summary>Reads published rows of the log backwards. Each statement reads at most <see cref="ScanWindow.Size"/> rows.</summary>
internal sealed class PublishedRows(NpgsqlConnection connection)
{
    /// <summary>A scan ends after this many consecutive rows that were published too long ago, however long the history is.</summary>
    public const int OldRows = 10 * ScanWindow.Size;

    private const int PageSize = 500;
    private const string Columns = "id, type, entry_id, extract(epoch FROM now() - published_at)::float8, event_id";

    /// <summary>Rows published within the given age, newest first; the transport should still have all of them.</summary>
    public async IAsyncEnumerable<List<PublishedRow>> ReadBackwardsAsync(
        string[]? streams, TimeSpan age, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var old = 0;
        for (long? end = long.MaxValue; end is { } before && old < OldRows;)
        {
            var window = await ScanWindow.BeforeAsync(connection, before, age, cancellationToken);
            old = window.IsOld ? old + ScanWindow.Size : 0;
            while (!window.IsOld && await ReadPageAsync(window.First, before, streams, age, cancellationToken) is { Count: > 0 } page)
            {
                before = page[^1].Id;
                if (streams is not null)
                    page.RemoveAll(row => !streams.Contains(row.Stream)); // The statement selects by type, or aggregate type.
                if (page.Count > 0)
                    yield return page;
            }

            end = window.First;
        }
    }

    private async Task<List<PublishedRow>> ReadPageAsync(long? first, long before, string[]? streams, TimeSpan age, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
             SELECT {Columns} FROM event_log
             WHERE id >= $1 AND id < $2 AND entry_id IS NOT NULL AND published_at > now() - $3 AND ($4::text[] IS NULL OR type = ANY ($4) OR aggregate_type = ANY ($5))
             ORDER BY id DESC
             LIMIT {PageSize}
             """, connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = first ?? 0 });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = before });
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = age });
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)streams ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Text });
        command.Parameters.Add(new NpgsqlParameter<string[]>
        {
            TypedValue = [.. (streams ?? []).Where(StreamName.IsPartition).Select(StreamName.AggregateTypeOf).Distinct(StringComparer.Ordinal)],
        });

        return await ReadRowsAsync(command, cancellationToken);
    }

    /// <summary>The given rows, without those that are unpublished.</summary>
    public async Task<List<PublishedRow>> ReadAsync(long[] ids, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"SELECT {Columns} FROM event_log WHERE id = ANY ($1) AND entry_id IS NOT NULL", connection);
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = ids });
        return await ReadRowsAsync(command, cancellationToken);
    }

    /// <summary>Marks the rows as unpublished, so that they are published again.</summary>
    /// <param name="ids">The rows' ids.</param>
    /// <param name="certain">Whether to publish them even if their entries exist; indicated by keeping <c>published_at</c>.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
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
        {
            var (stream, entryId) = LogEntryId.Read(reader.GetString(1), reader.GetString(2));
            rows.Add(new PublishedRow(reader.GetInt64(0), stream, entryId, reader.GetDouble(3), reader.GetGuid(4)));
        }

        return rows;
    }
}
