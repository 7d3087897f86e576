using Npgsql;
using NpgsqlTypes;

namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>The dispatcher's statements. Each reads at most <see cref="ScanWindow.Size"/> rows, along a single index.</summary>
internal static class LogStatements
{
    /// <summary>The columns needed to publish an event.</summary>
    public const string EventColumns =
        "id, event_id, type, aggregate_id, envelope, aggregate_version, schema, traceparent, tracestate, correlation_id, causation_id";

    public const int EventColumnCount = 11;

    /// <summary>The maximum number of events in a page.</summary>
    public const int PageSize = 500;

    /// <summary>
    /// Marks events as published and stores their entry ids. There is no join, because a join with the arrays would be planned as a scan of the
    /// whole log if the log was short when it was last analyzed. <c>width_bucket</c> finds an id's position in the sorted array by binary search.
    /// </summary>
    public static NpgsqlBatchCommand Mark(IReadOnlyList<long> ids, IReadOnlyList<string> entries)
    {
        var (sortedIds, sortedEntries) = (ids.ToArray(), entries.ToArray());
        Array.Sort(sortedIds, sortedEntries);
        return new("UPDATE event_log SET entry_id = ($2)[width_bucket(id, $1)], published_at = now() WHERE id = ANY ($1)")
        {
            Parameters =
            {
                new NpgsqlParameter<long[]> { TypedValue = sortedIds, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint },
                new NpgsqlParameter<string[]> { TypedValue = sortedEntries, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
            },
        };
    }

    /// <summary>Updates a row without changing it, to test the permissions and locks that marking needs.</summary>
    public static NpgsqlBatchCommand TestWrite(long id) => new("UPDATE event_log SET entry_id = entry_id WHERE id = $1")
    {
        Parameters = { new NpgsqlParameter<long> { TypedValue = id } },
    };

    /// <summary>
    /// The next page of unpublished events, whether each was requeued although its entry exists, and the last id of the log. Ordering by the second
    /// column makes the planner choose the partial index of unpublished events, whatever the statistics, as no other index has this order.
    /// The window limits the scan if event types are excluded.
    /// </summary>
    public static NpgsqlBatchCommand ReadWaiting(ScanCursor cursor) => new(
        $"""
         SELECT {EventColumns}, published_at IS NOT NULL, (SELECT max(id) FROM event_log)
         FROM (
             SELECT {EventColumns}, published_at
             FROM event_log
             WHERE entry_id IS NULL AND id > $2 AND id <= $3
             ORDER BY id, entry_id
             LIMIT {ScanWindow.Size}
         ) AS range
         WHERE type <> ALL ($1)
         ORDER BY id
         LIMIT {PageSize}
         """)
    {
        Parameters =
        {
            new NpgsqlParameter<string[]> { TypedValue = [.. cursor.RefusedTypes] },
            new NpgsqlParameter<long> { TypedValue = cursor.After },
            new NpgsqlParameter<long> { TypedValue = cursor.End },
        },
    };

    /// <summary>The last row of the window; no row if the scan ends within the window.</summary>
    public static NpgsqlBatchCommand EndOfRange(ScanCursor cursor) => new(
        $"""
         SELECT id
         FROM event_log
         WHERE entry_id IS NULL AND id > $1 AND id <= $2
         ORDER BY id, entry_id
         OFFSET {ScanWindow.Size - 1}
         LIMIT 1
         """)
    {
        Parameters =
        {
            new NpgsqlParameter<long> { TypedValue = cursor.After },
            new NpgsqlParameter<long> { TypedValue = cursor.End },
        },
    };

    /// <summary>Reads a row of <see cref="EventColumns"/>.</summary>
    public static (long Id, OutgoingEvent Event) ReadEvent(NpgsqlDataReader reader) => (reader.GetInt64(0), new OutgoingEvent(
        reader.GetGuid(1),
        reader.GetString(2),
        reader.GetString(3),
        reader.GetString(4),
        reader.IsDBNull(5) ? null : reader.GetInt64(5),
        reader.GetInt32(6),
        reader.IsDBNull(7) ? null : reader.GetString(7),
        reader.IsDBNull(8) ? null : reader.GetString(8),
        reader.GetString(9),
        reader.IsDBNull(10) ? null : reader.GetString(10)));
}
