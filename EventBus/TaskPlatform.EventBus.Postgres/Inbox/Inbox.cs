using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using TaskPlatform.EventBus.Postgres.Saving;

namespace TaskPlatform.EventBus.Postgres;

/// <summary>The inbox in the database that the handlers change, on the connection and in the transaction of their unit of work.</summary>
internal sealed partial class Inbox<TDb>(IServiceScopeFactory scopes, EventBusOptions options, ILogger<Inbox<TDb>> logger) : IInbox
    where TDb : DbContext
{
    /// <summary>The command timeout in seconds, where neither the service nor the connection string has one.</summary>
    private const int CommandTimeout = 10;

    /// <summary>How long to try to end a transaction whose connection broke.</summary>
    private static readonly TimeSpan TerminateTimeout = TimeSpan.FromSeconds(3);

    private bool? hasLimit;

    public async Task<IInboxTransaction> BeginAsync(
        IServiceProvider scope, string group, IReadOnlyList<Guid> eventIds, CancellationToken cancellationToken)
    {
        var db = scope.GetRequiredService<TDb>();
        LimitCommands(db, CommandTimeout);
        var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        try
        {
            var (session, handled) = await ReadHandledAsync(db, group, eventIds, cancellationToken);
            return new InboxTransaction(this, db, transaction, session, group, handled);
        }
        catch
        {
            await RollBackAsync(db, transaction);
            throw;
        }
    }

    public StoreFailure Classify(Exception exception)
        => PostgresAvailability.IsConflict(exception) ? StoreFailure.Conflict
            : PostgresAvailability.IsPermanent(exception) ? StoreFailure.Permanent
            : PostgresAvailability.IsConnectionLost(exception) ? StoreFailure.ConnectionLost
            : PostgresAvailability.IsUnavailable(exception) ? StoreFailure.Unavailable
            : StoreFailure.None;

    /// <summary>Adds a row and removes it: a server that only reads, or whose disk is full, answers any question.</summary>
    public async Task ProbeAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<TDb>();
        LimitCommands(db, CommandTimeout / 2);
        var probe = Guid.CreateVersion7();
        await db.Database.ExecuteSqlAsync(
            $"""
             INSERT INTO inbox (consumer_group, event_id) VALUES ('', {probe});
             DELETE FROM inbox WHERE consumer_group = '' AND event_id = {probe}
             """,
            cancellationToken);
    }

    /// <summary>Where neither the service nor the connection string has a limit of its own.</summary>
    private void LimitCommands(TDb db, int seconds)
    {
        hasLimit ??= db.Database.GetCommandTimeout() is not null
            || new NpgsqlConnectionStringBuilder(db.Database.GetConnectionString()).ShouldSerialize("Command Timeout");
        if (hasLimit == false)
            db.Database.SetCommandTimeout(seconds);
    }

    /// <summary>Where a transaction's connection broke, those in the pool are as old and may be as dead: new ones are made instead.</summary>
    private static ValueTask RollBackAsync(TDb db, IDbContextTransaction transaction)
    {
        if ((NpgsqlConnection)db.Database.GetDbConnection() is { State: not System.Data.ConnectionState.Open } broken)
            NpgsqlConnection.ClearPool(broken);
        return transaction.DisposeAsync();
    }

    /// <summary>Ends a transaction from another connection: its own may be in use, or broken.</summary>
    private async Task TerminateAsync(Session session, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<TDb>().Database.ExecuteSqlAsync(
            $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = {session.ProcessId} AND xact_start = {session.Began}",
            cancellationToken);
    }

    /// <summary>
    /// Ends the transaction of a connection that broke. Postgres may not have noticed: until its limit for idle transactions the rows would stand, and
    /// the next attempt would wait for them.
    /// </summary>
    private async Task TryTerminateAsync(Session session)
    {
        using var limit = new CancellationTokenSource(TerminateTimeout);
        try
        {
            await TerminateAsync(session, limit.Token);
        }
        catch (Exception e)
        {
            LogNotTerminated(e.Message);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The transaction of a broken connection could not be ended; if Postgres still has it, it ends at its limit for idle transactions: {Error}")]
    private partial void LogNotTerminated(string error);

    /// <summary>
    /// One look into the primary key for each event, whatever the planner thinks of the table: a prepared statement may have been
    /// planned when it was empty. With <c>= ANY</c> a batch costs Postgres twice as much in all. Where events share the transaction, the
    /// rows of the first stand while the handlers of the others run: a process that freezes then is cut off, as its entries are claimed.
    /// </summary>
    private async Task<(Session Session, HashSet<Guid> Handled)> ReadHandledAsync(
        TDb db, string group, IReadOnlyList<Guid> eventIds, CancellationToken cancellationToken)
    {
        await using var batch = db.CreateBatch(
            new NpgsqlBatchCommand("SELECT set_config('enable_seqscan', 'off', true), pg_backend_pid(), now()"),
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
        if (eventIds.Count > 1)
            batch.BatchCommands.Add(LimitIdleTime(options.ClaimIdle));

        var handled = new HashSet<Guid>();
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var session = new Session(reader.GetInt32(1), reader.GetDateTime(2));
        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            handled.Add(reader.GetGuid(0));
        return (session, handled);
    }

    private static NpgsqlBatchCommand LimitIdleTime(TimeSpan time)
        => new(string.Create(CultureInfo.InvariantCulture, $"SET LOCAL idle_in_transaction_session_timeout = {time.TotalMilliseconds:0}"));

    private static NpgsqlBatchCommand Insert(string group, params Guid[] eventIds) => new(
        """
        INSERT INTO inbox (consumer_group, event_id)
        SELECT $1, id FROM unnest($2) AS id ORDER BY id
        """)
    {
        Parameters =
        {
            new NpgsqlParameter<string> { TypedValue = group },
            new NpgsqlParameter<Guid[]> { TypedValue = eventIds },
        },
    };

    /// <summary>
    /// Saves inbox rows and effects. The rows go only now, after the handlers: another consumer's row for the same event makes this wait
    /// for its commit. They go before the effects: where an effect is refused because another consumer's stands already, its row in
    /// the inbox is found first.
    /// </summary>
    /// <returns>False where another consumer's row stands there.</returns>
    private static async Task<bool> SaveAsync(TDb db, NpgsqlBatchCommand insert, int rows, NpgsqlBatchCommand[] before, CancellationToken cancellationToken)
    {
        try
        {
            db.Database.AutoSavepointsEnabled = false; // Whatever fails is rolled back by the caller.
            await db.SaveChangesAsync([.. before, insert], cancellationToken);
            return true;
        }
        catch (Exception e) when (insert.RecordsAffected != rows
            && (e as PostgresException ?? e.InnerException) is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation })
        {
            return false;
        }
    }

    /// <summary>The session of a transaction, and when that began: behind a pooler another one may use the session soon.</summary>
    private readonly record struct Session(int ProcessId, DateTime Began);

    private sealed class InboxTransaction(
        Inbox<TDb> inbox, TDb db, IDbContextTransaction transaction, Session session, string group, IReadOnlySet<Guid> handled)
        : IInboxTransaction
    {
        private bool isCommitted;

        public IReadOnlySet<Guid> Handled => handled;

        public async Task<IInboxSavepoint> JoinAsync(IServiceProvider scope, CancellationToken cancellationToken)
        {
            var joined = scope.GetRequiredService<TDb>();
            joined.Database.SetDbConnection(db.Database.GetDbConnection());
            joined.Database.SetCommandTimeout(db.Database.GetCommandTimeout());
            var shared = (NpgsqlTransaction)transaction.GetDbTransaction();
            await joined.Database.UseTransactionAsync(shared, cancellationToken);
            await shared.SaveAsync(InboxSavepoint.Name, cancellationToken); // Goes along with the handler's first command.
            return new InboxSavepoint(joined, shared, group);
        }

        /// <summary>A process that freezes between here and the commit is cut off after 5 s, or it would hold up the consumer that claims its entries.</summary>
        public async Task<bool> CommitAsync(IReadOnlyList<Guid> eventIds, CancellationToken cancellationToken)
        {
            if (eventIds.Count > 0
                && !await SaveAsync(db, Insert(group, [.. eventIds]), eventIds.Count, [LimitIdleTime(TimeSpan.FromSeconds(5))], cancellationToken))
            {
                return false;
            }

            await transaction.CommitAsync(cancellationToken);
            isCommitted = true;
            return true;
        }

        public Task TerminateAsync(CancellationToken cancellationToken) => inbox.TerminateAsync(session, cancellationToken);

        public async ValueTask DisposeAsync()
        {
            if (isCommitted)
            {
                await transaction.DisposeAsync();
                return;
            }

            var isBroken = db.Database.GetDbConnection().State != System.Data.ConnectionState.Open;
            await RollBackAsync(db, transaction);
            if (isBroken)
                await inbox.TryTerminateAsync(session);
        }
    }

    private sealed class InboxSavepoint(TDb db, NpgsqlTransaction transaction, string group) : IInboxSavepoint
    {
        public const string Name = "event";

        private bool isSaved;

        public async Task<bool> SaveAsync(Guid eventId, CancellationToken cancellationToken)
            => isSaved = await Inbox<TDb>.SaveAsync(db, Insert(group, eventId), 1, [], cancellationToken);

        /// <summary>The savepoint is not released: that would be a trip, and the commit does it.</summary>
        public async ValueTask DisposeAsync()
        {
            try
            {
                if (!isSaved)
                    await transaction.RollbackAsync(Name);
            }
            finally
            {
                // A pooled context goes to its next user, with a connection of its own as before.
                await db.Database.UseTransactionAsync(null);
                db.Database.SetDbConnection((NpgsqlConnection)((ICloneable)db.Database.GetDbConnection()).Clone(), contextOwnsConnection: true);
            }
        }
    }
}
