using Npgsql;
using TaskPlatform.Tests.EventBus;

namespace TaskPlatform.Tests.Services;

/// <summary>A lock of the services (<c>LockAsync</c>) that another session holds: requests that need it wait until it is released.</summary>
internal sealed class HeldLock : IAsyncDisposable
{
    private readonly string name;
    private readonly NpgsqlDataSource database;
    private readonly NpgsqlConnection connection;
    private readonly NpgsqlTransaction transaction;

    private HeldLock(string name, NpgsqlDataSource database, NpgsqlConnection connection, NpgsqlTransaction transaction)
        => (this.name, this.database, this.connection, this.transaction) = (name, database, connection, transaction);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<HeldLock> TakeAsync(NpgsqlDataSource database, string name)
    {
        var connection = await database.OpenConnectionAsync(Token);
        var held = new HeldLock(name, database, connection, await connection.BeginTransactionAsync(Token));
        await held.RunAsync($"SELECT pg_advisory_xact_lock(hashtextextended('{name}', 0))");
        return held;
    }

    /// <summary>Executes a statement in the transaction that holds the lock.</summary>
    public async Task RunAsync(string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection, transaction);
        await command.ExecuteNonQueryAsync(Token);
    }

    /// <summary>Waits until the given number of requests is waiting for the lock.</summary>
    public async Task WaitForWaitersAsync(int count) => await BusView.Until(
        async () =>
        {
            await using var query = database.CreateCommand(
                $"""
                 SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
                 WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()
                   AND (classid::bigint << 32) | objid::bigint = hashtextextended('{name}', 0)
                 """);
            return (long)(await query.ExecuteScalarAsync(Token))!;
        },
        waiters => waiters == count);

    public Task ReleaseAsync() => transaction.CommitAsync(Token);

    public async ValueTask DisposeAsync()
    {
        await transaction.DisposeAsync();
        await connection.DisposeAsync();
    }
}
