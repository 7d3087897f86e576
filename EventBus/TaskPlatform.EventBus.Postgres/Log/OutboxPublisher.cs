using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace TaskPlatform.EventBus.Postgres;

/// <summary>The log as its elected dispatcher sees it: everything happens on the connection that holds the lock, so who lost the lock marks nothing.</summary>
internal sealed partial class OutboxPublisher(
    NpgsqlConnection connection, IEventTransport transport, UnmarkedEvents unmarked, PublishedEventVerifier verifier, BusHealth health, ILogger logger)
{
    private static readonly TimeSpan PageTimeout = TimeSpan.FromSeconds(10);
    private static readonly Task<IReadOnlyList<PublishResult>> NothingSent = Task.FromResult<IReadOnlyList<PublishResult>>([]);

    /// <summary>The scan that ran out of time; the next call continues it.</summary>
    private ScanCursor? unfinished;

    /// <summary>Used until the first scan has ended: what the dispatcher before this one published was committed before that scan began.</summary>
    private PublicationLookup? lookup = new(transport);
    private bool hasBegun;

    /// <summary>Whether the log accepted the last write. Else nothing is published: what can't be marked would be published again and again.</summary>
    private bool isWritable;

    /// <summary>
    /// How long one call publishes at most, so that the dispatcher's other work gets its turn. Default 1 s.
    /// </summary>
    public TimeSpan MaxDuration { get; init; } = TimeSpan.FromSeconds(1);

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

    /// <summary>Has the next scan begin at the first row: something older than it may wait again.</summary>
    public void Restart()
    {
        unfinished = null;
        lookup?.Clear();
    }

    /// <summary>
    /// Publishes until nothing waits that can be published, or for as long as it may. While Redis takes a page, the one before is
    /// marked and the next one read; but a page is sent only when the one before is in its streams, so that the order holds.
    /// </summary>
    /// <returns>Whether something may still wait.</returns>
    public async Task<bool> PublishWaitingAsync(CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var continues = unfinished is not null;
        var cursor = unfinished ?? new ScanCursor();
        unfinished = null; // What fails begins anew.
        var page = await MarkAndReadAsync(cursor, cancellationToken);
        if (!hasBegun && cursor.IsDone)
            lookup = null; // Less than a page waits, and no more than that can go out twice.
        hasBegun = true;
        if (!isWritable && page.Count > 0)
            await TestWriteAsync(page[0].Id, cancellationToken);
        isWritable = false;
        var isInterrupted = false;
        while (page.Count > 0 || unmarked.Count > 0 || !(cursor.IsDone || isInterrupted))
        {
            // What is sent is marked, also by a process that stops: else it would be published twice.
            using var timeout = new CancellationTokenSource(PageTimeout);
            if (cancellationToken.IsCancellationRequested)
                page = [];
            if (cursor.HasRequeued && unmarked.Count > 0)
                await MarkAndReadAsync(cursor: null, timeout.Token); // No lookup finds these, so only one page of them may be unmarked.
            if (lookup is not null && page.Count > 0 && await lookup.MovePublishedAsync(page, unmarked, timeout.Token) is > 0 and var found)
                LogFound(found);
            var sending = page.Count > 0 ? transport.PublishAsync([.. page.Select(row => row.Event)], timeout.Token) : NothingSent;
            List<(long Id, OutgoingEvent Event)> next = [];
            Exception? unreachable = null;
            try
            {
                isInterrupted = cancellationToken.IsCancellationRequested || Stopwatch.GetElapsedTime(started) > MaxDuration;
                if (cursor.IsDone && page.Count == 0 && !isInterrupted)
                {
                    EndLookup(cursor);
                    cursor = new ScanCursor(); // The last page is marked now, and more may have come.
                }

                next = await MarkAndReadAsync(isInterrupted || cursor.IsDone ? null : cursor, timeout.Token);
            }
            finally
            {
                unreachable = Sort(page, await sending, cursor.Refused);
            }

            if (unreachable is not null)
            {
                await MarkAndReadAsync(cursor: null, timeout.Token);
                throw new EventTransportUnavailableException(unreachable);
            }

            next.RemoveAll(row => cursor.Refused.Contains(row.Event.Type));
            page = next;
        }

        isWritable = true;
        cancellationToken.ThrowIfCancellationRequested();
        if (cursor.IsDone)
            EndLookup(cursor);
        unfinished = cursor.IsDone ? null : cursor;
        return isInterrupted || continues; // Since the unfinished scan began, more may have come.
    }

    /// <summary>A scan has ended. What it has left out, because its stream refused it, is still to be looked up.</summary>
    private void EndLookup(ScanCursor cursor)
    {
        if (cursor.Refused.Count == 0)
            lookup = null;
    }

    /// <summary>Throws where the log refuses writes, whatever the reason.</summary>
    private async Task TestWriteAsync(long id, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { LogStatements.TestWrite(id) } };
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>In one trip: marks what is in its streams, and reads the next page of a scan.</summary>
    private async Task<List<(long Id, OutgoingEvent Event)>> MarkAndReadAsync(ScanCursor? cursor, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        if (unmarked.Count > 0)
            batch.BatchCommands.Add(LogStatements.Mark(unmarked.Ids, unmarked.Entries));
        if (cursor is not null)
            batch.BatchCommands.Add(LogStatements.ReadWaiting(cursor));
        var hasRefused = cursor is { Refused.Count: > 0 };
        if (hasRefused)
            batch.BatchCommands.Add(LogStatements.EndOfRange(cursor!));
        var rows = new List<(long, OutgoingEvent)>();
        if (batch.BatchCommands.Count == 0)
            return rows;

        await using (var reader = await batch.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                rows.Add(LogStatements.ReadEvent(reader));
                cursor!.AdvanceTo(reader.GetInt64(0), end: reader.GetInt64(LogStatements.EventColumnCount + 1));
                if (!reader.GetBoolean(LogStatements.EventColumnCount))
                    continue;
                cursor.HasRequeued = true;
                lookup?.LeaveOut(reader.GetInt64(0));
            }

            if (hasRefused && rows.Count < LogStatements.PageSize)
            {
                await reader.NextResultAsync(cancellationToken);
                cursor!.IsDone = !await reader.ReadAsync(cancellationToken);
                if (!cursor.IsDone)
                    cursor.AdvanceTo(reader.GetInt64(0));
            }
            else if (cursor is not null)
            {
                cursor.IsDone = rows.Count < LogStatements.PageSize;
            }
        }

        for (var i = 0; i < unmarked.Count; i++)
            verifier.Add(unmarked.Types[i], unmarked.Entries[i]);
        unmarked.Clear();
        return rows;
    }

    /// <summary>Sorts the results of a page.</summary>
    /// <returns>Why some were not published, where Redis did not answer.</returns>
    private Exception? Sort(List<(long Id, OutgoingEvent Event)> page, IReadOnlyList<PublishResult> results, HashSet<string> refused)
    {
        Exception? unreachable = null;
        for (var i = 0; i < results.Count; i++)
        {
            var (id, outgoing) = page[i];
            switch (results[i])
            {
                case { EntryId: { } entryId }:
                    unmarked.Add(id, entryId, outgoing.Type);
                    if (health.HasProblems)
                        health.Recovered(Role(outgoing.Type));
                    break;
                case { Refused: true, Error: { } error }:
                    lookup?.Clear(outgoing.Type);
                    if (refused.Add(outgoing.Type) && health.Blocked(Role(outgoing.Type), error.Message))
                        LogRefused(outgoing.Type, error);
                    break;
                case { Error: { } error }:
                    unreachable = error;
                    break;
            }
        }

        return unreachable;
    }

    private static string Role(string eventType) => $"publishing {eventType}";

    [LoggerMessage(LogLevel.Information, "{Count} events that waited were in their streams already; they are not published again.")]
    private partial void LogFound(int count);

    [LoggerMessage(LogLevel.Error, "Redis refuses events of type {EventType}; they wait in the log until that is mended.")]
    private partial void LogRefused(string eventType, Exception exception);
}
