using Npgsql;

namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>
/// A part of the log that one statement may scan. A log can have millions of rows, and possibly none of them match:
/// a statement over all of them would exceed its timeout on every attempt.
/// </summary>
internal static class ScanWindow
{
    /// <summary>The maximum number of rows. Scanning them takes a few milliseconds.</summary>
    public const int Size = 10_000;

    /// <summary>The window before a row.</summary>
    /// <returns>Its first row, null if the log begins within it; and whether all of its rows were published earlier than the given age.</returns>
    public static async Task<(long? First, bool IsOld)> BeforeAsync(
        NpgsqlConnection connection, long before, TimeSpan age, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
             SELECT CASE count(*) WHEN {Size} THEN min(id) END, coalesce(bool_and(entry_id IS NOT NULL AND published_at <= now() - $2), true)
             FROM (SELECT id, entry_id, published_at FROM event_log WHERE id < $1 ORDER BY id DESC LIMIT {Size}) AS range
             """, connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = before });
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = age });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.IsDBNull(0) ? null : reader.GetInt64(0), reader.GetBoolean(1));
    }

    /// <summary>The last row of the window after a row; null if the log ends within it.</summary>
    public static async Task<long?> EndAsync(NpgsqlConnection connection, long after, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"SELECT id FROM event_log WHERE id > $1 ORDER BY id OFFSET {Size - 1} LIMIT 1", connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = after });
        return (long?)await command.ExecuteScalarAsync(cancellationToken);
    }
}
