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

    public IParkedEvents Parked { get; } = new ParkedEvents<TDb>(scopes);

    public async Task<IInboxTransaction> BeginAsync(
        IServiceProvider scope, IReadOnlyList<InboxKey> keys, IReadOnlyList<SequenceKey> sequences, CancellationToken cancellationToken)
    {
        var db = scope.GetRequiredService<TDb>();
        ApplyCommandTimeout(db, CommandTimeout);
        var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        try
        {
            var (session, handled, blocked) = await ReadAsync(db, keys, sequences, cancellationToken);
            return new InboxTransaction(this, db, transaction, session, handled, blocked);
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
    /// If several events share the transaction, the inbox rows of the first ones stay locked while the later handlers run. The idle limit terminates
    /// a process that freezes there, once its entries are claimed.
    /// </summary>
    private async Task<(Session Session, HashSet<InboxKey> Handled, Dictionary<SequenceKey, SequenceHead> Blocked)> ReadAsync(
        TDb db, IReadOnlyList<InboxKey> keys, IReadOnlyList<SequenceKey> sequences, CancellationToken cancellationToken)
    {
        await using var batch = db.CreateBatch(
            new NpgsqlBatchCommand("SELECT set_config('enable_seqscan', 'off', true), pg_backend_pid(), now()"),
            InboxStatements.Select(keys));
        if (sequences.Count > 0)
            batch.BatchCommands.Add(ParkedStatements.FindHeads(sequences));
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SET LOCAL enable_seqscan TO DEFAULT"));
        if (keys.Any(key => key.EventId != keys[0].EventId))
            batch.BatchCommands.Add(LimitIdleTime(options.ClaimIdle));

        var handled = new HashSet<InboxKey>();
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var session = new Session(reader.GetInt32(1), reader.GetDateTime(2));
        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            handled.Add(keys[reader.GetInt32(0) - 1]);
        var blocked = new Dictionary<SequenceKey, SequenceHead>();
        if (sequences.Count > 0)
        {
            await reader.NextResultAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
                blocked.Add(sequences[reader.GetInt32(0) - 1], new SequenceHead(reader.GetGuid(1), (ParkedState)reader.GetInt32(2)));
        }

        return (session, handled, blocked);
    }

    private static NpgsqlBatchCommand LimitIdleTime(TimeSpan time)
        => new(string.Create(CultureInfo.InvariantCulture, $"SET LOCAL idle_in_transaction_session_timeout = {time.TotalMilliseconds:0}"));

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
        Inbox<TDb> inbox, TDb db, IDbContextTransaction transaction, Session session, IReadOnlySet<InboxKey> handled,
        IReadOnlyDictionary<SequenceKey, SequenceHead> blocked)
        : IInboxTransaction
    {
        private bool isCommitted;

        public IReadOnlySet<InboxKey> Handled => handled;

        public IReadOnlyDictionary<SequenceKey, SequenceHead> Blocked => blocked;

        public async Task<IReadOnlySet<Guid>> ParkAsync(IReadOnlyList<ParkedEvent> events, CancellationToken cancellationToken)
        {
            var parked = new HashSet<Guid>();
            await using var batch = db.CreateBatch([ParkedStatements.LockOf(events), .. ParkedStatements.Park(events)]);
            await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
            await reader.NextResultAsync(cancellationToken); // The lock has a result, the insert has none.
            while (await reader.ReadAsync(cancellationToken))
                parked.Add(reader.GetGuid(0));
            return parked;
        }

        public async Task<IInboxSavepoint> JoinAsync(IServiceProvider scope, CancellationToken cancellationToken)
        {
            var joined = scope.GetRequiredService<TDb>();
            joined.Database.SetDbConnection(db.Database.GetDbConnection());
            joined.Database.SetCommandTimeout(db.Database.GetCommandTimeout());
            var shared = (NpgsqlTransaction)transaction.GetDbTransaction();
            await joined.Database.UseTransactionAsync(shared, cancellationToken);
            await shared.SaveAsync(InboxSavepoint.Name, cancellationToken); // Sent with the handler's first command.
            return new InboxSavepoint(joined, shared);
        }

        /// <summary>A process that freezes before the commit is disconnected after 5 s: it would block the consumer that claims its entries.</summary>
        public async Task<bool> CommitAsync(IReadOnlyList<InboxKey> keys, CancellationToken cancellationToken)
        {
            if (keys.Count > 0
                && !await SaveAsync(db, InboxStatements.Insert(keys), keys.Count, [LimitIdleTime(TimeSpan.FromSeconds(5))], cancellationToken))
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

    private sealed class InboxSavepoint(TDb db, NpgsqlTransaction transaction) : IInboxSavepoint
    {
        public const string Name = "event";

        private bool isSaved;

        public async Task<bool> SaveAsync(InboxKey key, CancellationToken cancellationToken)
            => isSaved = await Inbox<TDb>.SaveAsync(db, InboxStatements.Insert([key]), 1, [], cancellationToken);

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
