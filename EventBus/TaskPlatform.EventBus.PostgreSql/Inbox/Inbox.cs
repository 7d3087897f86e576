using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using TaskPlatform.EventBus.PostgreSql.Saving;

namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>The inbox in the handlers' own database, in the transaction of their unit of work.</summary>
internal sealed partial class Inbox<TDb>(ApplicationScopes scopes, EventBusOptions options, ILogger<Inbox<TDb>> logger) : IInbox
    where TDb : DbContext
{
    /// <summary>The command timeout in seconds, if neither the service nor the connection string sets one.</summary>
    private const int CommandTimeout = 10;

    /// <summary>Time limit for terminating a transaction whose connection broke.</summary>
    private static readonly TimeSpan TerminateTimeout = TimeSpan.FromSeconds(3);

    private bool? hasCommandTimeout;

    public async Task<IInboxTransaction> BeginAsync(
        IServiceProvider scope, string group, IReadOnlyList<Guid> eventIds, CancellationToken cancellationToken)
    {
        var db = scope.GetRequiredService<TDb>();
        ApplyCommandTimeout(db, CommandTimeout);
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

    /// <summary>Inserts and deletes a row, because a read would succeed on a read-only server or a full disk.</summary>
    public async Task ProbeAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<TDb>();
        ApplyCommandTimeout(db, CommandTimeout / 2);
        var probe = Guid.CreateVersion7();
        await db.Database.ExecuteSqlAsync(
            $"""
             INSERT INTO inbox (consumer_group, event_id) VALUES ('', {probe});
             DELETE FROM inbox WHERE consumer_group = '' AND event_id = {probe}
             """,
            cancellationToken);
    }

    /// <summary>Does not override the timeout of the service or the connection string.</summary>
    private void ApplyCommandTimeout(TDb db, int seconds)
    {
        hasCommandTimeout ??= db.Database.GetCommandTimeout() is not null
            || new NpgsqlConnectionStringBuilder(db.Database.GetConnectionString()).ShouldSerialize("Command Timeout");
        if (hasCommandTimeout == false)
            db.Database.SetCommandTimeout(seconds);
    }

    /// <summary>If the connection broke, the pool is cleared as well: its other connections are probably dead too.</summary>
    private static ValueTask RollBackAsync(TDb db, IDbContextTransaction transaction)
    {
        if ((NpgsqlConnection)db.Database.GetDbConnection() is { State: not System.Data.ConnectionState.Open } broken)
            NpgsqlConnection.ClearPool(broken);
        return transaction.DisposeAsync();
    }

    /// <summary>Terminates a transaction through another connection, because its own may be in use or broken.</summary>
    private async Task TerminateAsync(Session session, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<TDb>().Database.ExecuteSqlAsync(
            $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = {session.ProcessId} AND xact_start = {session.StartedAt}",
            cancellationToken);
    }

    /// <summary>
    /// Terminates the transaction of a broken connection. Postgres may not have detected the disconnect: until the idle-in-transaction timeout,
    /// the next attempt would wait for the locks of its rows.
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

    [LoggerMessage(LogLevel.Warning, "The transaction of a broken connection could not be terminated. If it is still open, it ends at the idle-in-transaction timeout: {Error}")]
    private partial void LogNotTerminated(string error);

    /// <summary>
    /// One primary key lookup per event, regardless of the planner's statistics: a prepared statement may have been planned when the table was
    /// empty. <c>= ANY</c> would double the total cost of a batch in Postgres. If several events share the transaction, the inbox rows of the
    /// first ones stay locked while the later handlers run. The idle limit terminates a process that freezes there, once its entries are claimed.
    /// </summary>
    private async Task<(Session Session, HashSet<Guid> Handled)> ReadHandledAsync(
        TDb db, string group, IReadOnlyList<Guid> eventIds, CancellationToken cancellationToken)
    {
        await using var batch = db.CreateBatch(
            new NpgsqlBatchCommand("SELECT set_config('enable_seqscan', 'off', true), pg_backend_pid(), now()"),
            new NpgsqlBatchCommand(
                """
                SELECT known.event_id
                FROM unnest($2) AS requested (id)
                CROSS JOIN LATERAL (SELECT event_id FROM inbox WHERE consumer_group = $1 AND event_id = requested.id LIMIT 1) AS known
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
    /// Saves inbox rows and effects. The rows are inserted after the handlers, because the insert waits for the commit of another consumer's row
    /// for the same event. They are inserted before the effects: if an effect violates a constraint because another consumer has committed it,
    /// the duplicate inbox row is detected first.
    /// </summary>
    /// <returns>False if another consumer has committed a row for one of the events.</returns>
    private static async Task<bool> SaveAsync(TDb db, NpgsqlBatchCommand insert, int rows, NpgsqlBatchCommand[] before, CancellationToken cancellationToken)
    {
        try
        {
            db.Database.AutoSavepointsEnabled = false; // The caller rolls back.
            await db.SaveChangesAsync([.. before, insert], cancellationToken);
            return true;
        }
        catch (Exception e) when (insert.RecordsAffected != rows
            && (e as PostgresException ?? e.InnerException) is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation })
        {
            return false;
        }
    }

    /// <summary>Identifies a transaction. The process id alone is not enough, because a pooler may assign the session to another client.</summary>
    private readonly record struct Session(int ProcessId, DateTime StartedAt);

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
            await shared.SaveAsync(InboxSavepoint.Name, cancellationToken); // Sent with the handler's first command.
            return new InboxSavepoint(joined, shared, group);
        }

        /// <summary>A process that freezes before the commit is disconnected after 5 s: it would block the consumer that claims its entries.</summary>
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

        /// <summary>The savepoint is released by the commit; releasing it here would cost a round trip.</summary>
        public async ValueTask DisposeAsync()
        {
            try
            {
                if (!isSaved)
                    await transaction.RollbackAsync(Name);
            }
            finally
            {
                // The context may be pooled, so it gets its own connection back.
                await db.Database.UseTransactionAsync(null);
                db.Database.SetDbConnection((NpgsqlConnection)((ICloneable)db.Database.GetDbConnection()).Clone(), contextOwnsConnection: true);
            }
        }
    }
}
