using Npgsql;
using TaskPlatform.Tests.EventBus;

namespace TaskPlatform.Tests.Services;

/// <summary>Forces conflicts between a request and other writers of the same row.</summary>
internal static class ConflictingWriter
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Sends a request, locks its row until the request waits for it, and then changes the row.</summary>
    public static async Task<T> ConflictOnceAsync<T>(NpgsqlDataSource database, string table, long id, Func<Task<T>> request)
    {
        await using var connection = await database.OpenConnectionAsync(Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await using (var update = new NpgsqlCommand($"UPDATE {table} SET version = version + 1 WHERE id = {id}", connection, transaction))
            await update.ExecuteNonQueryAsync(Token);

        var response = request();
        await BusView.Until(
            async () =>
            {
                await using var query = database.CreateCommand(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = 'transactionid'");
                return (long)(await query.ExecuteScalarAsync(Token))!;
            },
            waiters => waiters == 1);
        await transaction.CommitAsync(Token);
        return await response;
    }

    /// <summary>Sends a request whose row changes the given number of times in a row: a trigger makes its statements affect no row.</summary>
    public static async Task<T> ConflictAsync<T>(NpgsqlDataSource database, string table, long id, int times, Func<Task<T>> request)
    {
        await using (var prepare = database.CreateCommand(
            $"""
             CREATE SEQUENCE lost_changes;
             CREATE FUNCTION lose_change() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN
                 IF nextval('lost_changes') <= {times} THEN RETURN NULL; END IF;
                 IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
                 RETURN NEW;
             END $$;
             CREATE TRIGGER lose_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW WHEN (OLD.id = {id}) EXECUTE FUNCTION lose_change()
             """))
        {
            await prepare.ExecuteNonQueryAsync(Token);
        }

        try
        {
            return await request();
        }
        finally
        {
            await using var tidyUp = database.CreateCommand("DROP FUNCTION lose_change CASCADE; DROP SEQUENCE lost_changes");
            await tidyUp.ExecuteNonQueryAsync(Token);
        }
    }
}
