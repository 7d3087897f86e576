using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace TaskPlatform.EventBus.Postgres;

/// <summary>The log as its elected dispatcher sees it: everything happens on the connection that holds the lock, so who lost the lock marks nothing.</summary>
internal sealed partial class LogReader(NpgsqlConnection connection, IEventTransport transport, PublishedTail tail, BusState state, ILogger logger)
{
    /// <summary>What is published of a row.</summary>
    public const string EventColumns =
        "id, event_id, type, envelope, aggregate_version, schema, traceparent, tracestate, correlation_id, causation_id";

    private const int BatchSize = 500;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>So long may a pass go on: whatever else the leader has to look after gets its turn, however much there is to publish.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);
    private static readonly Task<IReadOnlyList<PublishResult>> NothingSent = Task.FromResult<IReadOnlyList<PublishResult>>([]);

    /// <summary>
    /// Tries to become the dispatcher. A leader that froze would hold the lock for as long as its kernel answers for it, so
    /// the session ends when nothing was heard of it for 15 s; a living one sweeps each second. Its commits need not wait for
    /// the disk: all it writes is what was published, and an event whose mark is lost with the machine goes out once more.
    /// It may only walk along indexes, in their order and alone: so each statement has one plan, however large the log is or was,
    /// and none starts workers for every page of a long one.
    /// </summary>
    public async Task<bool> TryLeadAsync(CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT set_config(name, value, false) FROM (VALUES
                ('idle_session_timeout', '15s'), ('synchronous_commit', 'off'), ('plan_cache_mode', 'force_generic_plan'),
                ('enable_seqscan', 'off'), ('enable_bitmapscan', 'off'), ('enable_sort', 'off'), ('enable_incremental_sort', 'off'),
                ('enable_hashjoin', 'off'), ('enable_mergejoin', 'off'), ('max_parallel_workers_per_gather', '0'), ('jit', 'off')
            ) AS settings (name, value);
            SELECT pg_try_advisory_lock(hashtextextended('taskplatform.event_log', 0))
            """, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return reader.GetBoolean(0);
    }

    /// <summary>
    /// Publishes until nothing waits that can be published, or for a second. While Redis takes a page, the one before is marked
    /// and the next one read; but a page is sent only when the one before is in its streams, so that the order holds.
    /// </summary>
    /// <returns>Whether something may still wait.</returns>
    public async Task<bool> PublishWaitingAsync(CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var refused = new HashSet<string>(StringComparer.Ordinal);
        var published = new Published();
        var page = await MarkAndReadAsync(published, refused, after: 0, cancellationToken);
        var isCut = false;
        while (page.Rows.Count > 0 || published.Ids.Count > 0)
        {
            // What is sent is marked, also by a process that stops: else it would be published twice.
            using var patience = new CancellationTokenSource(Patience);
            if (cancellationToken.IsCancellationRequested)
                page = LogPage.Empty;
            var sending = page.Rows.Count > 0 ? transport.PublishAsync([.. page.Rows.Select(row => row.Event)], patience.Token) : NothingSent;
            var next = LogPage.Empty;
            try
            {
                // Behind a full page there is more; and when the last one is marked, more may have come.
                isCut = cancellationToken.IsCancellationRequested || Stopwatch.GetElapsedTime(started) > Longest;
                long? after = isCut ? null : page.IsFull ? page.Last : page.Rows.Count == 0 ? 0 : null;
                next = await MarkAndReadAsync(published, refused, after, patience.Token);
            }
            finally
            {
                published = Sort(page, await sending, refused);
            }

            if (published.Unreachable is { } unreachable)
            {
                await MarkAndReadAsync(published, refused, after: null, patience.Token);
                throw new EventTransportUnavailableException(unreachable);
            }

            next.Rows.RemoveAll(row => refused.Contains(row.Event.Type));
            page = next;
        }

        cancellationToken.ThrowIfCancellationRequested();
        return isCut;
    }

    /// <summary>
    /// In one trip: marks what is in its streams, and reads what waits, in log order. A pass begins at the very first row, never
    /// after "the last id seen": ids commit out of order, and a gap may still fill. Whoever fills one wakes the next pass.
    /// </summary>
    /// <param name="published">What to mark.</param>
    /// <param name="refused">Types to leave out.</param>
    /// <param name="after">Where to read on; null: nothing is read.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    private async Task<LogPage> MarkAndReadAsync(Published published, HashSet<string> refused, long? after, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        if (published.Ids.Count > 0)
            batch.BatchCommands.Add(Mark(published));
        if (after is { } from)
            batch.BatchCommands.Add(ReadWaiting(refused, from));
        if (batch.BatchCommands.Count == 0)
            return LogPage.Empty;

        var rows = new List<(long, OutgoingEvent)>();
        await using (var reader = await batch.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
                rows.Add(ReadEvent(reader));
        }

        for (var i = 0; i < published.Ids.Count; i++)
            tail.Add(published.Types[i], published.Entries[i]);
        return new LogPage(rows, IsFull: rows.Count == BatchSize);
    }

    private static NpgsqlBatchCommand Mark(Published published) => new(
        """
        UPDATE event_log SET entry_id = published.entry_id, published_at = now()
        FROM unnest($1, $2) AS published (id, entry_id)
        WHERE event_log.id = published.id
        """)
    {
        Parameters =
        {
            new NpgsqlParameter<List<long>> { TypedValue = published.Ids, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint },
            new NpgsqlParameter<List<string>> { TypedValue = published.Entries, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
        },
    };

    /// <summary>Only the index of what waits has this order: the second column has it chosen, whatever the statistics say.</summary>
    private static NpgsqlBatchCommand ReadWaiting(HashSet<string> refused, long after) => new(
        $"""
         SELECT {EventColumns}
         FROM event_log
         WHERE entry_id IS NULL AND id > $2 AND type <> ALL ($1)
         ORDER BY id, entry_id
         LIMIT {BatchSize}
         """)
    {
        Parameters =
        {
            new NpgsqlParameter<string[]> { TypedValue = [.. refused] },
            new NpgsqlParameter<long> { TypedValue = after },
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

    /// <summary>What became of a page.</summary>
    private Published Sort(LogPage page, IReadOnlyList<PublishResult> results, HashSet<string> refused)
    {
        var published = new Published();
        for (var i = 0; i < results.Count; i++)
        {
            var (id, outgoing) = page.Rows[i];
            switch (results[i])
            {
                case { EntryId: { } entryId }:
                    published.Ids.Add(id);
                    published.Entries.Add(entryId);
                    published.Types.Add(outgoing.Type);
                    if (state.HasProblems)
                        state.GoesOn(Role(outgoing.Type));
                    break;
                case { Refused: true, Error: { } error }:
                    if (refused.Add(outgoing.Type) && state.Waits(Role(outgoing.Type), error.Message))
                        LogRefused(outgoing.Type, error);
                    break;
                case { Error: { } error }:
                    published.Unreachable = error;
                    break;
            }
        }

        return published;
    }

    private static string Role(string eventType) => $"publishing {eventType}";

    /// <summary>What is in its stream, and not marked yet.</summary>
    private sealed class Published
    {
        public List<long> Ids { get; } = [];

        public List<string> Entries { get; } = [];

        public List<string> Types { get; } = [];

        /// <summary>Why the rest is not, where Redis did not answer.</summary>
        public Exception? Unreachable { get; set; }
    }

    [LoggerMessage(LogLevel.Error, "Redis refuses events of type {EventType}; they wait in the log until that is mended.")]
    private partial void LogRefused(string eventType, Exception exception);
}
