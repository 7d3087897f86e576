using Npgsql;
using TaskPlatform.EventBus.PostgreSql;

namespace TaskPlatform.ServiceDefaults.Data;

/// <summary>Classifies database exceptions.</summary>
public static class DatabaseFailure
{
    /// <summary>Whether the exception or one of its inner exceptions means that the database is temporarily unavailable (503).</summary>
    public static bool IsUnavailable(Exception exception)
        => PostgresAvailability.IsUnavailable(exception)
            || (Find<PostgresException>(exception) is { } postgres && PostgresAvailability.IsConflict(postgres));

    /// <summary>Whether the exception is a violation of the given unique constraint.</summary>
    /// <param name="exception">The exception that <c>SaveChanges</c> threw.</param>
    /// <param name="constraint">The unique index or primary key.</param>
    public static bool IsDuplicate(Exception exception, string constraint)
        => Find<PostgresException>(exception) is { SqlState: PostgresErrorCodes.UniqueViolation } duplicate
            && duplicate.ConstraintName == constraint;

    internal static T? Find<T>(Exception? exception)
        where T : Exception
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is T found)
                return found;
        }

        return null;
    }
}
