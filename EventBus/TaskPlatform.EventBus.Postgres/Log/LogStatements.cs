using Npgsql;
using NpgsqlTypes;

namespace TaskPlatform.EventBus.Postgres;

/// <summary>What a dispatcher asks of its log. None looks at more than <see cref="ScanWindow.Size"/> rows, and each walks along one index.</summary>
internal static class LogStatements
{
    /// <summary>What is published of a row.</summary>
    public const string EventColumns =
        "id, event_id, type, envelope, aggregate_version, schema, traceparent, tracestate, correlation_id, causation_id";

    public const int EventColumnCount = 10;

    /// <summary>How many events a page has, at most.</summary>
    public const int PageSize = 500;

    /// <summary>Marks events as published, each with its entry.</summary>
    public static NpgsqlBatchCommand Mark(List<long> ids, List<string> entries) => new(
        """
        UPDATE event_log SET entry_id = published.entry_id, published_at = now()
        FROM unnest($1, $2) AS published (id, entry_id)
        WHERE event_log.id = published.id
        """)
    {
        Parameters =
        {
            new NpgsqlParameter<List<long>> { TypedValue = ids, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint },
            new NpgsqlParameter<List<string>> { TypedValue = entries, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
        },
    };

    /// <summary>Writes a row as it is, with the permissions and locks that marking needs.</summary>
    public static NpgsqlBatchCommand TestWrite(long id) => new("UPDATE event_log SET entry_id = entry_id WHERE id = $1")
    {
        Parameters = { new NpgsqlParameter<long> { TypedValue = id } },
    };

    /// <summary>
    /// The next page, with each row whether it is published again although its entry is there, and with the last row of the log. Only the index
    /// of what waits has this order: the second column has it chosen, whatever the statistics say. Where rows are left out, it looks at a
    /// range of them only.
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
            new NpgsqlParameter<string[]> { TypedValue = [.. cursor.Refused] },
            new NpgsqlParameter<long> { TypedValue = cursor.After },
            new NpgsqlParameter<long> { TypedValue = cursor.End },
        },
    };

    /// <summary>The last row of the range; none where the pass ends within it.</summary>
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
        reader.IsDBNull(4) ? null : reader.GetInt64(4),
        reader.GetInt32(5),
        reader.IsDBNull(6) ? null : reader.GetString(6),
        reader.IsDBNull(7) ? null : reader.GetString(7),
        reader.GetString(8),
        reader.IsDBNull(9) ? null : reader.GetString(9)));
}
