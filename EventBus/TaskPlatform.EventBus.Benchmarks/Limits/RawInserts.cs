using System.Diagnostics;
using Npgsql;

namespace TaskPlatform.EventBus.Benchmarks.Limits;

/// <summary>What Postgres can do: prepared inserts on open connections.</summary>
internal static class RawInserts
{
    private const int BatchSize = 100;

    /// <summary>Single rows, each its own transaction, from so many connections for so long.</summary>
    /// <returns>Commits a second.</returns>
    public static async Task<double> SinglesAsync(Place place, int writers, TimeSpan time)
    {
        var ids = 0;
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, writers).Select(async _ =>
        {
            await using var connection = new NpgsqlConnection(place.Postgres);
            await connection.OpenAsync();
            await using var insert = new NpgsqlCommand("INSERT INTO state (id, text) VALUES ($1, $2)", connection);
            insert.Parameters.Add(new NpgsqlParameter<int>());
            insert.Parameters.Add(new NpgsqlParameter<string> { TypedValue = "the state that an event tells of" });
            await insert.PrepareAsync();
            while (Stopwatch.GetElapsedTime(started) < time)
            {
                ((NpgsqlParameter<int>)insert.Parameters[0]).TypedValue = -Interlocked.Increment(ref ids);
                await insert.ExecuteNonQueryAsync();
            }
        }));
        return ids / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    /// <summary>The two rows that an event leaves, of 100 events a transaction, from so many connections.</summary>
    /// <returns>Events a second.</returns>
    public static async Task<double> BatchesAsync(Place place, int writers, int count)
    {
        var left = count;
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, writers).Select(async _ =>
        {
            await using var connection = new NpgsqlConnection(place.Postgres);
            await connection.OpenAsync();
            while (Interlocked.Add(ref left, -BatchSize) > -BatchSize)
            {
                await using var transaction = await connection.BeginTransactionAsync();
                await InsertAsync(connection, [.. Enumerable.Range(0, BatchSize).Select(_ => Guid.CreateVersion7())]);
                await transaction.CommitAsync();
            }
        }));
        return count / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    /// <summary>The two rows of each event, in one round trip.</summary>
    public static async Task InsertAsync(NpgsqlConnection connection, Guid[] eventIds)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand("INSERT INTO inbox (consumer_group, event_id) SELECT 'raw', id FROM unnest($1) AS id")
                {
                    Parameters = { new NpgsqlParameter<Guid[]> { TypedValue = eventIds } },
                },
                new NpgsqlBatchCommand("INSERT INTO effect (id, event_id, measured_id, text) SELECT * FROM unnest($1, $2, $3, $4)")
                {
                    Parameters =
                    {
                        new NpgsqlParameter<Guid[]> { TypedValue = [.. eventIds.Select(_ => Guid.CreateVersion7())] },
                        new NpgsqlParameter<Guid[]> { TypedValue = eventIds },
                        new NpgsqlParameter<int[]> { TypedValue = [.. Enumerable.Range(1, eventIds.Length)] },
                        new NpgsqlParameter<string[]> { TypedValue = [.. Enumerable.Repeat(LeaveRow.Text, eventIds.Length)] },
                    },
                },
            },
        };
        await batch.PrepareAsync();
        await batch.ExecuteNonQueryAsync();
    }
}
