using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.EntityFrameworkCore.Update;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace TaskPlatform.EventBus.PostgreSql.Saving;

/// <summary>Runs custom statements on a context's connection, in its transaction.</summary>
internal static class ContextBatches
{
    /// <summary>Creates a batch with the context's command timeout.</summary>
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

    /// <summary>Runs statements and ignores their results.</summary>
    public static async Task RunAsync(this DbContext context, NpgsqlBatchCommand[] statements, CancellationToken cancellationToken)
    {
        await using var batch = context.CreateBatch(statements);
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Saves the context's changes and sends statements ahead of them. Without bulk inserts, or if the changes are not all plain inserts, or there are none,
    /// the statements take a separate round trip but still run before the changes. The context must be in a transaction.
    /// </summary>
    public static async Task SaveChangesAsync(this DbContext context, NpgsqlBatchCommand[] prepended, CancellationToken cancellationToken)
    {
        if (((IInfrastructure<IServiceProvider>)context).Instance.GetService<IModificationCommandBatchFactory>() is not InsertBatchFactory)
        {
            await context.RunAsync(prepended, cancellationToken);
            await context.SaveChangesAsync(cancellationToken);
            return;
        }

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
