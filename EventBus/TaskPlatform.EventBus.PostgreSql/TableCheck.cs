using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>Refuses a context whose model or database lacks a table, or a column of it, that the bus needs.</summary>
internal sealed partial class TableCheck<TDb>(
    ContextUse<TDb> use, IEnumerable<ConsumerGroup> groups, IServiceProvider parts, ApplicationScopes scopes, ILogger<TableCheck<TDb>> logger) : IStartCheck
    where TDb : DbContext
{
    /// <summary>The start does not wait longer for a database that doesn't answer.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetService<TDb>()
            ?? throw new EventBusSetupException($"UsePostgres<{typeof(TDb).Name}> needs the context as a service: add AddDbContext<{typeof(TDb).Name}>.");
        if (use.Log is not null)
            await RequireAsync(db, typeof(EventLogRow), "event_log", nameof(EventBusModel.AddEventLog), cancellationToken);
        if (groups.Any(group => parts.InboxOf(group) is Inbox<TDb>))
            await RequireAsync(db, typeof(InboxRow), "inbox", nameof(EventBusModel.AddInbox), cancellationToken);
        if (groups.Any(group => group.IsOrdered && parts.InboxOf(group) is Inbox<TDb>))
            await RequireAsync(db, typeof(ParkedEventRow), "parked_events", nameof(EventBusModel.AddParkedEvents), cancellationToken);
    }

    private async Task RequireAsync(TDb db, Type row, string table, string line, CancellationToken cancellationToken)
    {
        if (db.Model.FindEntityType(row) is not { } entity)
            throw new EventBusSetupException($"The model of {typeof(TDb).Name} has no table {table}: call modelBuilder.{line}() in OnModelCreating, and add a migration.");
        if (await FindColumnsAsync(db, table, cancellationToken) is not { } columns)
            return;
        if (columns.Count == 0)
            throw new EventBusSetupException($"The database of {typeof(TDb).Name} has no table {table}: add the migration that creates it, or apply it.");
        if (entity.GetProperties().Select(property => property.GetColumnName()).Except(columns).ToList() is { Count: > 0 } missing)
            throw new EventBusSetupException($"The table {table} in the database of {typeof(TDb).Name} lacks {string.Join(", ", missing)}: add a migration, or apply it.");
    }

    /// <summary>The columns of a table; empty if it doesn't exist, null if the database is unavailable.</summary>
    private async Task<List<string>?> FindColumnsAsync(TDb db, string table, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            return await db.Database
                .SqlQuery<string>($"SELECT attname::text AS \"Value\" FROM pg_attribute WHERE attrelid = to_regclass({table}) AND attnum > 0 AND NOT attisdropped")
                .ToListAsync(limit.Token);
        }
        catch (Exception e) when (PostgresAvailability.IsUnavailable(e) || (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested))
        {
            LogUnknown(table, typeof(TDb).Name, e.GetBaseException().Message);
            return null;
        }
    }

    [LoggerMessage(LogLevel.Information, "Whether {Table} exists in the database of {Context} could not be checked: {Error}")]
    private partial void LogUnknown(string table, string context, string error);
}
