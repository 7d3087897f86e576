using Npgsql;

namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>The advisory lock that the leader holds for as long as its session lives.</summary>
internal static class LeaderLock
{
    /// <summary>
    /// Tries to become the leader. A frozen leader would hold the lock for as long as its kernel keeps the connection open, so the session is
    /// terminated after 15 s without a statement; a live leader polls every second. Its commits need not be durable: it writes only the
    /// publication marks, and an event whose mark is lost is published again. The planner settings leave only index scans without sorting or
    /// parallelism, so that each statement has one plan regardless of the size of the log, and none starts parallel workers for every page of
    /// a long one.
    /// </summary>
    /// <param name="connection">A connection that has a session of its own.</param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    public static async Task<bool> TryAcquireAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT set_config(name, value, false) FROM (VALUES
                ('idle_session_timeout', '15s'), ('synchronous_commit', 'off'), ('plan_cache_mode', 'force_generic_plan'),
                ('enable_seqscan', 'off'), ('enable_sort', 'off'), ('enable_incremental_sort', 'off'),
                ('max_parallel_workers_per_gather', '0'), ('jit', 'off')
            ) AS settings (name, value);
            SELECT pg_try_advisory_lock(hashtextextended('eventbus.event_log', 0))
            """, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return reader.GetBoolean(0);
    }
}
