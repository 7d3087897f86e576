using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using TaskPlatform.EventBus.Postgres.Saving;

namespace TaskPlatform.EventBus.Postgres;

/// <summary>The inbox in the database that the handlers change, on the connection and in the transaction of their unit of work.</summary>
internal sealed class Inbox<TDb>(IServiceScopeFactory scopes) : IInbox
    where TDb : DbContext
{
    /// <summary>A connection that says nothing for so long is dead, where the service does not say otherwise.</summary>
    private const int CommandTimeout = 10;

    public async Task<IInboxTransaction> BeginAsync(
        IServiceProvider scope, string group, IReadOnlyList<Guid> eventIds, CancellationToken cancellationToken)
    {
        var db = scope.GetRequiredService<TDb>();
        if (db.Database.GetCommandTimeout() is null)
            db.Database.SetCommandTimeout(CommandTimeout);
        var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        try
        {
            var handled = await ReadHandledAsync(db, group, eventIds, cancellationToken);
            return new InboxTransaction(db, transaction, group, handled);
        }
        catch
        {
            await RollBackAsync(db, transaction);
            throw;
        }
    }

    public bool IsUnavailable(Exception exception) => PostgresAvailability.IsUnavailable(exception);

    public async Task PingAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<TDb>().Database;
        database.SetCommandTimeout(CommandTimeout / 2);
        await database.ExecuteSqlRawAsync("SELECT 1", cancellationToken);
    }

    /// <summary>Where a transaction's connection broke, those in the pool are as old and may be as dead: new ones are made instead.</summary>
    private static ValueTask RollBackAsync(TDb db, IDbContextTransaction transaction)
    {
        if ((NpgsqlConnection)db.Database.GetDbConnection() is { State: not System.Data.ConnectionState.Open } broken)
            NpgsqlConnection.ClearPool(broken);
        return transaction.DisposeAsync();
    }

    /// <summary>
    /// One look into the primary key for each event, whatever the planner thinks of the table: a prepared statement may have been
    /// planned when it was empty. With <c>= ANY</c> a batch costs Postgres twice as much in all.
    /// </summary>
    private static async Task<HashSet<Guid>> ReadHandledAsync(
        TDb db, string group, IReadOnlyList<Guid> eventIds, CancellationToken cancellationToken)
    {
        await using var batch = db.CreateBatch(
            new NpgsqlBatchCommand("SET LOCAL enable_seqscan = off"),
            new NpgsqlBatchCommand(
                """
                SELECT known.event_id
                FROM unnest($2) AS asked (id)
                CROSS JOIN LATERAL (SELECT event_id FROM inbox WHERE consumer_group = $1 AND event_id = asked.id LIMIT 1) AS known
                """)
            {
                Parameters =
                {
                    new NpgsqlParameter<string> { TypedValue = group },
                    new NpgsqlParameter<Guid[]> { TypedValue = [.. eventIds] },
                },
            },
            new NpgsqlBatchCommand("SET LOCAL enable_seqscan TO DEFAULT"));

        var handled = new HashSet<Guid>();
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            handled.Add(reader.GetGuid(0));
        return handled;
    }

    private sealed class InboxTransaction(TDb db, IDbContextTransaction transaction, string group, IReadOnlySet<Guid> handled)
        : IInboxTransaction
    {
        private bool isCommitted;

        public IReadOnlySet<Guid> Handled => handled;

        /// <summary>
        /// The rows of the inbox go only now, after the handlers: another consumer's row for the same event makes this wait for its
        /// commit, so it must not stand for as long as a slow handler runs. They go before the effects: where an effect is refused because
        /// another consumer's stands already, its row in the inbox is found first. And a process that freezes before the commit is cut off
        /// after 5 s, or it would hold up whoever took over its entries.
        /// </summary>
        public async Task<bool> CommitAsync(IReadOnlyList<Guid> eventIds, CancellationToken cancellationToken)
        {
            var insert = Insert(eventIds);
            try
            {
                db.Database.AutoSavepointsEnabled = false; // Whatever fails takes the whole transaction back.
                await SentAlong.SaveChangesAsync(
                    db, [new NpgsqlBatchCommand("SET LOCAL idle_in_transaction_session_timeout = '5s'"), insert], cancellationToken);
            }
            catch (Exception e) when (insert.RecordsAffected != eventIds.Count && IsUniqueViolation(e as PostgresException ?? e.InnerException))
            {
                return false; // Another consumer's rows stand there.
            }

            await transaction.CommitAsync(cancellationToken);
            isCommitted = true;
            return true;
        }

        public ValueTask DisposeAsync() => isCommitted ? transaction.DisposeAsync() : RollBackAsync(db, transaction);

        private static bool IsUniqueViolation(Exception? e) => e is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation };

        private NpgsqlBatchCommand Insert(IReadOnlyList<Guid> eventIds) => new(
            """
            INSERT INTO inbox (consumer_group, event_id)
            SELECT $1, id FROM unnest($2) AS id ORDER BY id
            """)
        {
            Parameters =
            {
                new NpgsqlParameter<string> { TypedValue = group },
                new NpgsqlParameter<Guid[]> { TypedValue = [.. eventIds] },
            },
        };
    }
}
