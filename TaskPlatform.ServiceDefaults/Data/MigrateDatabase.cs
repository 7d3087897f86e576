using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using TaskPlatform.ServiceDefaults.Start;

namespace TaskPlatform.ServiceDefaults.Data;

/// <summary>Waits for the database and applies the migrations, one process at a time.</summary>
internal sealed partial class MigrateDatabase<TDb>(
    TDb db, IOptions<DatabaseOptions> options, TimeProvider time, ILogger<MigrateDatabase<TDb>> logger) : IStartupStep
    where TDb : DbContext
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

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
                    await Task.Delay(Pause, time, either.Token);
                }
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw new StartupException(
                $"{typeof(TDb).Name}: the database was not ready within {options.Value.StartTimeout.TotalSeconds:0} seconds"
                + (last is null ? "." : $": {last.GetBaseException().Message}"), last);
        }
        catch (Exception failure) when (DatabaseFailure.Find<NpgsqlException>(failure) is { } refusal)
        {
            throw new StartupException($"{typeof(TDb).Name}: the database refuses: {refusal.GetBaseException().Message}", failure);
        }
    }

    private async Task MigrateAsync(CancellationToken cancellationToken)
    {
        await db.Database.OpenConnectionAsync(cancellationToken);
        try
        {
            // Held by this connection until it is released or lost. EF's own lock begins only once its history table is there.
            db.Database.SetCommandTimeout(options.Value.StartTimeout);
            await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_lock(hashtextextended('migrate', 0))", cancellationToken);
            await db.Database.MigrateAsync(cancellationToken);
            await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_unlock(hashtextextended('migrate', 0))", cancellationToken);
        }
        catch
        {
            // The lock ends with its session, so this one must not go back into the pool: nothing resets it there.
            NpgsqlConnection.ClearPool((NpgsqlConnection)db.Database.GetDbConnection());
            throw;
        }
        finally
        {
            await db.Database.CloseConnectionAsync();
        }
    }

    // A database that doesn't exist yet is about to be made by whoever started the server.
    private static bool IsStarting(Exception failure)
        => DatabaseFailure.IsUnavailable(failure)
            || DatabaseFailure.Find<PostgresException>(failure) is { SqlState: PostgresErrorCodes.InvalidCatalogName };

    [LoggerMessage(LogLevel.Information, "{Database} is not ready yet: {Reason}")]
    private partial void LogWaiting(string database, string reason);
}
