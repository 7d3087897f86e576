using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;

namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>
/// Reports a duplicate aggregate version in the event log as a concurrency conflict. Postgres may detect it on the log's unique index before
/// Entity Framework detects it on the aggregate's own row.
/// </summary>
internal sealed class VersionConflict : ISaveChangesInterceptor
{
    public static readonly VersionConflict Interceptor = new();

    private VersionConflict()
    {
    }

    public void SaveChangesFailed(DbContextErrorEventData eventData)
    {
        if (eventData.Exception is not DbUpdateConcurrencyException && IsConflict(eventData.Exception))
            throw new DbUpdateConcurrencyException("The aggregate already has an event with this version; it was changed concurrently.", eventData.Exception);
    }

    public Task SaveChangesFailedAsync(DbContextErrorEventData eventData, CancellationToken cancellationToken = default)
    {
        SaveChangesFailed(eventData);
        return Task.CompletedTask;
    }

    private static bool IsConflict(Exception? failure)
        => failure is not null && (failure is PostgresException
        {
            SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: EventBusModel.AggregateVersionIndex,
        } || IsConflict(failure.InnerException));
}
