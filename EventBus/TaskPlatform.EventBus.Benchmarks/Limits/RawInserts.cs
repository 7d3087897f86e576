using System.Diagnostics;
using Npgsql;

namespace TaskPlatform.EventBus.Benchmarks.Limits;

/// <summary>The limit of Postgres: prepared inserts on open connections.</summary>
internal static class RawInserts
{
    private const int BatchSize = 100;

    /// <summary>Inserts single rows, each in a separate transaction.</summary>
    /// <param name="environment">The environment to use.</param>
    /// <param name="writers">The number of connections.</param>
    /// <param name="time">The duration.</param>
    /// <returns>Commits per second.</returns>
    public static async Task<double> SinglesAsync(BenchmarkEnvironment environment, int writers, TimeSpan time)
    {
        var ids = 0;
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, writers).Select(async _ =>
        {
            await using var connection = new NpgsqlConnection(environment.Postgres);
            await connection.OpenAsync();
            await using var insert = new NpgsqlCommand("INSERT INTO state (id, text) VALUES ($1, $2)", connection);
            insert.Parameters.Add(new NpgsqlParameter<int>());
            insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = "the state changed by the event" });
            await insert.PrepareAsync();
            while (Stopwatch.GetElapsedTime(started) < time)
            {
                ((NpgsqlParameter<int>)insert.Parameters[0]).TypedValue = -Interlocked.Increment(ref ids);
                await insert.ExecuteNonQueryAsync();
            }
        }));
        return ids / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    /// <summary>Inserts the two rows of each event, 100 events per transaction and round trip.</summary>
    /// <param name="environment">The environment to use.</param>
    /// <param name="writers">The number of connections.</param>
    /// <param name="count">The number of events.</param>
    /// <param name="asArrays">Whether one statement inserts all rows of a table, with one array per column; otherwise one row.</param>
    /// <returns>Events per second.</returns>
    public static Task<double> BatchesAsync(BenchmarkEnvironment environment, int writers, int count, bool asArrays)
        => TransactionsAsync(environment, writers, count, (connection, _) =>
            InsertAsync(connection, [.. Enumerable.Range(0, BatchSize).Select(_ => Guid.CreateVersion7())], asArrays));

    /// <summary>Inserts the two rows of each event under a savepoint and in a separate round trip, 100 events per transaction.</summary>
    /// <returns>Events per second.</returns>
    public static Task<double> SavepointsAsync(BenchmarkEnvironment environment, int writers, int count)
        => TransactionsAsync(environment, writers, count, async (connection, transaction) =>
        {
            for (var i = 0; i < BatchSize; i++)
            {
                await transaction.SaveAsync("event");
                await InsertAsync(connection, [Guid.CreateVersion7()], asArrays: false);
            }
        });

    private static async Task<double> TransactionsAsync(
        BenchmarkEnvironment environment, int writers, int count, Func<NpgsqlConnection, NpgsqlTransaction, Task> insertBatch)
    {
        await environment.ExecuteAsync("TRUNCATE inbox, effect");
        var left = count;
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, writers).Select(async _ =>
        {
            await using var connection = new NpgsqlConnection(environment.Postgres);
            await connection.OpenAsync();
            while (Interlocked.Add(ref left, -BatchSize) > -BatchSize)
            {
                await using var transaction = await connection.BeginTransactionAsync();
                await insertBatch(connection, transaction);
                await transaction.CommitAsync();
            }
        }));
        var rate = count / Stopwatch.GetElapsedTime(started).TotalSeconds;
        await environment.ExecuteAsync("TRUNCATE inbox, effect");
        return rate;
    }

    /// <summary>Inserts the two rows of each event in one round trip, with prepared statements.</summary>
    public static async Task InsertAsync(NpgsqlConnection connection, Guid[] eventIds, bool asArrays)
    {
        await using var batch = new NpgsqlBatch(connection);
        foreach (var command in asArrays ? Arrays(eventIds) : eventIds.SelectMany(Rows))
            batch.BatchCommands.Add(command);
        await batch.PrepareAsync();
        await batch.ExecuteNonQueryAsync();
    }

    private static IEnumerable<NpgsqlBatchCommand> Rows(Guid eventId) =>
    [
        new("INSERT INTO inbox (consumer_group, event_id) VALUES ('raw', $1)")
        {
            Parameters = { new NpgsqlParameter<Guid> { TypedValue = eventId } },
        },
        new("INSERT INTO effect (id, event_id, measured_id, text) VALUES ($1, $2, $3, $4)")
        {
            Parameters =
            {
                new NpgsqlParameter<Guid> { TypedValue = Guid.CreateVersion7() },
                new NpgsqlParameter<Guid> { TypedValue = eventId },
                new NpgsqlParameter<int> { TypedValue = 1 },
                new NpgsqlParameter<string> { TypedValue = InsertRow.Text },
            },
        },
    ];

    private static IEnumerable<NpgsqlBatchCommand> Arrays(Guid[] eventIds) =>
    [
        new("INSERT INTO inbox (consumer_group, event_id) SELECT 'raw', id FROM unnest($1) AS id")
        {
            Parameters = { new NpgsqlParameter<Guid[]> { TypedValue = eventIds } },
        },
        new("INSERT INTO effect (id, event_id, measured_id, text) SELECT * FROM unnest($1, $2, $3, $4)")
        {
            Parameters =
            {
                new NpgsqlParameter<Guid[]> { TypedValue = [.. eventIds.Select(_ => Guid.CreateVersion7())] },
                new NpgsqlParameter<Guid[]> { TypedValue = eventIds },
                new NpgsqlParameter<int[]> { TypedValue = [.. Enumerable.Range(1, eventIds.Length)] },
                new NpgsqlParameter<string[]> { TypedValue = [.. Enumerable.Repeat(InsertRow.Text, eventIds.Length)] },
            },
        },
    ];
}
