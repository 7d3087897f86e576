using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.ServiceDefaults.Start;

namespace TaskPlatform.ServiceDefaults.Data;

/// <summary>Waits for the database and applies the migrations. Only one process at a time runs them.</summary>
internal sealed partial class MigrateDatabase<TDb>(
    TDb pooled, IOptions<DirectConnection<TDb>> direct, IOptions<DatabaseOptions> options, TimeProvider time, ILogger<MigrateDatabase<TDb>> logger)
    : IStartupStep
    where TDb : DbContext
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(500);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.Value.StartTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        Exception? last = null;
        try
        {
            while (true)
            {
                try
                {
                    await MigrateAsync(either.Token);
                    return;
                }
                catch (Exception failure) when (IsStarting(failure))
                {
                    if (last is null)
                        LogWaiting(typeof(TDb).Name, failure.GetBaseException().Message);
                    last = failure;
                    await Task.Delay(RetryDelay, time, either.Token);
                }
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw new StartupException(
                $"{typeof(TDb).Name}: the database was not ready within {options.Value.StartTimeout.TotalSeconds:0} seconds"
                + (last is null ? "." : $": {last.GetBaseException().Message}"), last);
        }
        catch (SharedSessionException failure)
        {
            throw new StartupException(
                $"{typeof(TDb).Name}: {failure.Message} Set it as ConnectionStrings:{{name}}-direct, beside ConnectionStrings:{{name}}.", failure);
        }
        catch (Exception failure) when (DatabaseFailure.Find<NpgsqlException>(failure) is { } refusal)
        {
            throw new StartupException($"{typeof(TDb).Name}: the database refused the connection or the migration: {refusal.GetBaseException().Message}", failure);
        }
    }

    private async Task MigrateAsync(CancellationToken cancellationToken)
    {
        if (direct.Value.ConnectionString is not { } connectionString)
        {
            await MigrateAsync(pooled, cancellationToken);
            return;
        }

        var contextOptions = new DbContextOptionsBuilder<TDb>().UseNpgsql(connectionString).Options;
        await using var db = (TDb)Activator.CreateInstance(typeof(TDb), contextOptions)!;
        await MigrateAsync(db, cancellationToken);
    }

    private async Task MigrateAsync(TDb db, CancellationToken cancellationToken)
    {
        await db.Database.OpenConnectionAsync(cancellationToken);
        try
        {
            await PostgresSession.RequireAsync((NpgsqlConnection)db.Database.GetDbConnection(), cancellationToken);

            // A session lock. EF's own migration lock needs the history table, which doesn't exist yet at the first start.
            db.Database.SetCommandTimeout(options.Value.StartTimeout);
            await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_lock(hashtextextended('migrate', 0))", cancellationToken);
            await db.Database.MigrateAsync(cancellationToken);
            await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_unlock(hashtextextended('migrate', 0))", cancellationToken);
        }
        catch
        {
            // The session lock is released only when the session ends, so don't return this connection to the pool, which wouldn't reset it.
            NpgsqlConnection.ClearPool((NpgsqlConnection)db.Database.GetDbConnection());
            throw;
        }
        finally
        {
            await db.Database.CloseConnectionAsync();
        }
    }

    // A database that doesn't exist yet may be about to be created. Wrong passwords and missing permissions don't fix themselves.
    private static bool IsStarting(Exception failure)
        => DatabaseFailure.IsUnavailable(failure)
            && DatabaseFailure.Find<PostgresException>(failure)?.SqlState
                is not (['2', '8', ..] or PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.ReadOnlySqlTransaction);

    [LoggerMessage(LogLevel.Information, "{Database} is not ready yet: {Reason}")]
    private partial void LogWaiting(string database, string reason);
}
