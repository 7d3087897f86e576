using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace TaskPlatform.EventBus.Postgres.Saving;

/// <summary>Statements that go in front of what a context saves, in the same trip.</summary>
internal static class SentAlong
{
    private static readonly ConditionalWeakTable<DbContext, NpgsqlBatchCommand[]> Waiting = [];

    /// <summary>
    /// Saves the context's changes with the statements in front of them; where there is more than new rows to save, or nothing, they
    /// take a trip of their own, but come first all the same. The context is in a transaction, and everything belongs to that.
    /// </summary>
    public static async Task SaveChangesAsync(DbContext context, NpgsqlBatchCommand[] statements, CancellationToken cancellationToken)
    {
        Waiting.AddOrUpdate(context, statements);
        try
        {
            await context.SaveChangesAsync(cancellationToken);
        }
        catch
        {
            Waiting.Remove(context);
            throw;
        }

        if (Waiting.Remove(context))
            await context.RunAsync(statements, cancellationToken);
    }

    /// <summary>What is to go in front of the context's rows.</summary>
    public static NpgsqlBatchCommand[] TakeFor(DbContext context) => Waiting.Remove(context, out var statements) ? statements : [];
}
