using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>Publishes the log on the connection that holds the lock, so that a process that lost the lock can't mark events.</summary>
internal sealed partial class OutboxPublisher(
    NpgsqlConnection connection, EventSender sender, Topology topology, UnmarkedEvents unmarked, PublishedEventVerifier? verifier, BusHealth health, ILogger logger)
{
    private static readonly TimeSpan PageTimeout = TimeSpan.FromSeconds(10);
    private static readonly Task<IReadOnlyList<PublishResult>> NoResults = Task.FromResult<IReadOnlyList<PublishResult>>([]);

    /// <summary>The scan that exceeded its time limit; the next call continues it.</summary>
    private ScanCursor? unfinished;

    /// <summary>Used until the end of the first scan, which covers all events that the previous dispatcher may have left unmarked.</summary>
    private PublicationLookup? lookup = sender.Transport.Capabilities.Probe is { } probe ? new(probe, topology) : null;
    private bool hasBegun;

    /// <summary>Whether the last write succeeded. If not, nothing is published: events that can't be marked would be published repeatedly.</summary>
    private bool isWritable;

    /// <summary>Time limit for one call, so that the leader's other roles are not delayed. Default 1 s.</summary>
    public TimeSpan MaxDuration { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Makes the next scan begin at the first row, because an earlier event may have been requeued.</summary>
    public void Restart()
    {
        unfinished = null;
        lookup?.Clear();
    }

    /// <summary>
    /// Publishes until no publishable event is left or the time limit is reached. While the transport processes a page, the previous page is marked and
    /// the next one is read. To preserve order, a page is sent only after the previous one is in its streams.
    /// </summary>
    /// <returns>Whether unpublished events may be left.</returns>
    public async Task<bool> PublishWaitingAsync(CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var continues = unfinished is not null;
        var cursor = unfinished ?? new ScanCursor();
        unfinished = null; // After a failure, the scan starts again from the beginning.
        var page = await MarkAndReadAsync(cursor, cancellationToken);
        if (!hasBegun && cursor.IsDone)
            lookup = null; // Less than a page is unpublished, so at most that many events can be published twice.
        hasBegun = true;
        RemoveRefused(page, cursor);
        if (!isWritable && page.Count > 0)
            await TestWriteAsync(page[0].Id, cancellationToken);
        isWritable = false;
        var isInterrupted = false;
        while (page.Count > 0 || unmarked.Count > 0 || !(cursor.IsDone || isInterrupted))
        {
            // A stopping process still marks the events that it has sent; otherwise they would be published twice.
            using var timeout = new CancellationTokenSource(PageTimeout);
            if (cancellationToken.IsCancellationRequested)
                page = [];
            if (cursor.HasRequeued && unmarked.Count > 0)
                await MarkAndReadAsync(cursor: null, timeout.Token); // The lookup does not find requeued rows, so only one page of them may be unmarked.
            if (lookup is not null && page.Count > 0 && await lookup.MovePublishedAsync(page, unmarked, timeout.Token) is > 0 and var found)
                LogFound(found);
            var sending = page.Count > 0 ? sender.SendAsync([.. page.Select(row => row.Event)], timeout.Token) : NoResults;
            List<(long Id, OutgoingEvent Event)> next = [];
            Exception? failure = null;
            try
            {
                isInterrupted = cancellationToken.IsCancellationRequested || Stopwatch.GetElapsedTime(started) > MaxDuration;
                if (cursor.IsDone && page.Count == 0 && !isInterrupted)
                {
                    EndLookup(cursor);
                    cursor = new ScanCursor(); // The last page is being marked, and new events may have been committed.
                }

                next = await MarkAndReadAsync(isInterrupted || cursor.IsDone ? null : cursor, timeout.Token);
            }
            finally
            {
                failure = ProcessResults(page, await sending, cursor.Refused);
            }

            if (failure is not null)
            {
                await MarkAndReadAsync(cursor: null, timeout.Token);
                throw new EventTransportUnavailableException(failure);
            }

            RemoveRefused(next, cursor);
            page = next;
        }

        isWritable = true;
        cancellationToken.ThrowIfCancellationRequested();
        if (cursor.IsDone)
            EndLookup(cursor);
        unfinished = cursor.IsDone ? null : cursor;
        return isInterrupted || continues; // New events may have been committed since the unfinished scan began.
    }

    /// <summary>Ends the lookup after a scan, unless the scan skipped events that their stream refused.</summary>
    private void EndLookup(ScanCursor cursor)
    {
        if (cursor.Refused.Count == 0)
            lookup = null;
    }

    /// <summary>Throws if the log can't be written.</summary>
    private async Task TestWriteAsync(long id, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { LogStatements.TestWrite(id) } };
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Marks the events that are in their streams and reads the next page of the scan, in one round trip.</summary>
    private async Task<List<(long Id, OutgoingEvent Event)>> MarkAndReadAsync(ScanCursor? cursor, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        if (unmarked.Count > 0)
            batch.BatchCommands.Add(LogStatements.Mark(unmarked.Ids, unmarked.LogEntries));
        if (cursor is not null)
            batch.BatchCommands.Add(LogStatements.ReadWaiting(cursor));
        var hasRefused = cursor?.RefusedTypes.Any() == true;
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
                lookup?.Exclude(reader.GetInt64(0));
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
            verifier?.Add(unmarked.Streams[i], unmarked.Entries[i]);
        unmarked.Clear();
        return rows;
    }

    /// <summary>Processes the results of a page.</summary>
    /// <returns>The failure if the transport did not reply for some events; otherwise null.</returns>
    private Exception? ProcessResults(List<(long Id, OutgoingEvent Event)> page, IReadOnlyList<PublishResult> results, HashSet<string> refused)
    {
        Exception? failure = null;
        for (var i = 0; i < results.Count; i++)
        {
            var (id, outgoing) = page[i];
            var stream = StreamOf(outgoing);
            switch (results[i])
            {
                case { EntryId: { } entryId }:
                    unmarked.Add(id, entryId, stream);
                    if (health.HasProblems)
                        health.Recovered(Role(stream));
                    break;
                case { Refused: true, Error: { } error }:
                    lookup?.Clear(stream);
                    if (refused.Add(stream) && health.Blocked(Role(stream), error.Message))
                        LogRefused(stream, error);
                    break;
                case { Error: { } error }:
                    failure = error;
                    break;
            }
        }

        return failure;
    }

    private void RemoveRefused(List<(long Id, OutgoingEvent Event)> page, ScanCursor cursor)
    {
        if (cursor.Refused.Count > 0)
            page.RemoveAll(row => cursor.Refused.Contains(StreamOf(row.Event)));
    }

    private string StreamOf(in OutgoingEvent outgoing) => StreamName.TypeOf(topology.ChannelOf(outgoing.Type, outgoing.AggregateId));

    private static string Role(string stream) => $"publishing {stream}";

    [LoggerMessage(LogLevel.Information, "{Count} unpublished events were already in their streams; they are not published again.")]
    private partial void LogFound(int count);

    [LoggerMessage(LogLevel.Error, "The transport refuses events for {Stream}; they stay in the log until the cause is fixed.")]
    private partial void LogRefused(string stream, Exception exception);
}
