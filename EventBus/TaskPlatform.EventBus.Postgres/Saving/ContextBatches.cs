using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace TaskPlatform.EventBus.Postgres.Saving;

/// <summary>Statements of one's own on a context's connection, within its transaction.</summary>
internal static class ContextBatches
{
    /// <summary>A batch in one trip, with the context's time limit.</summary>
    public static NpgsqlBatch CreateBatch(this DbContext context, params ReadOnlySpan<NpgsqlBatchCommand> statements)
    {
        var batch = new NpgsqlBatch(
            (NpgsqlConnection)context.Database.GetDbConnection(), (NpgsqlTransaction?)context.Database.CurrentTransaction?.GetDbTransaction());
        if (context.Database.GetCommandTimeout() is { } seconds)
            batch.Timeout = seconds;
        foreach (var statement in statements)
            batch.BatchCommands.Add(statement);
        return batch;
    }

    /// <summary>Runs statements whose results nobody needs.</summary>
    public static async Task RunAsync(this DbContext context, NpgsqlBatchCommand[] statements, CancellationToken cancellationToken)
    {
        await using var batch = context.CreateBatch(statements);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Saves the context's changes with statements in front of them; where there is more than new rows to save, or nothing, they
    /// take a trip of their own, but come first all the same. The context is in a transaction, and everything belongs to that.
    /// </summary>
    public static async Task SaveChangesAsync(this DbContext context, NpgsqlBatchCommand[] prepended, CancellationToken cancellationToken)
    {
        var bus = BusContext.Of(context);
        bus.Prepend(prepended);
        try
        {
            await context.SaveChangesAsync(cancellationToken);
        }
        catch
        {
            bus.TakePrependedCommands();
            throw;
        }

        if (bus.TakePrependedCommands() is { Length: > 0 } statements)
            await context.RunAsync(statements, cancellationToken);
    }
}
