using System.Diagnostics;
using Npgsql;

namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>Reports the size and age of a service's outbox every few seconds, so that a backlog is noticed.</summary>
internal sealed class OutboxReporter(string service, NpgsqlConnection connection, IOutboxReports? reports, OutboxState state) : IDisposable
{
    private const int MaxCounted = 100_000;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan EmptyInterval = TimeSpan.FromSeconds(30);

    private long last;
    private long lastReported;
    private long reported = -1;

    /// <summary>Reports, if the interval has passed. The order limits the statement to the index of unpublished events, whatever the statistics.</summary>
    public async Task ReportAsync(CancellationToken cancellationToken)
    {
        if (last != 0 && Stopwatch.GetElapsedTime(last) < Interval)
            return;

        await using var command = new NpgsqlCommand(
            $"""
             SELECT count(*), coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8
             FROM (SELECT created_at FROM event_log WHERE entry_id IS NULL ORDER BY id, entry_id LIMIT {MaxCounted}) AS waiting
             """, connection);
        long waiting;
        TimeSpan oldest;
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            await reader.ReadAsync(cancellationToken);
            waiting = reader.GetInt64(0);
            oldest = TimeSpan.FromSeconds(Math.Max(0, reader.GetDouble(1)));
        }

        state.Current = (waiting, oldest);
        last = Stopwatch.GetTimestamp();
        if (reports is null || (waiting == 0 && reported == 0 && Stopwatch.GetElapsedTime(lastReported) < EmptyInterval))
            return;

        await reports.ReportAsync(service, waiting, oldest, cancellationToken);
        (lastReported, reported) = (last, waiting);
    }

    /// <summary>Another process may report from now on.</summary>
    public void Dispose() => state.Current = null;
}
