using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;

namespace TaskPlatform.EventBus.Postgres;

/// <summary>
/// Reports an event whose aggregate already has one of its version as what it is: the aggregate was changed concurrently. Postgres may notice
/// that at the log before Entity Framework notices it at the aggregate's own row.
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
            throw new DbUpdateConcurrencyException("The aggregate has an event of this version already: it was changed meanwhile.", eventData.Exception);
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
