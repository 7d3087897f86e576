using Npgsql;
using TaskPlatform.EventBus.Postgres;

namespace TaskPlatform.ServiceDefaults.Data;

/// <summary>Tells a database that is away from one that refuses.</summary>
public static class DatabaseFailure
{
    /// <summary>Whether the exception, or one within it, says that the database can't do now what it may do later: 503.</summary>
    public static bool IsUnavailable(Exception exception)
        => PostgresAvailability.IsUnavailable(exception)
            || (Find<PostgresException>(exception) is { } postgres && PostgresAvailability.IsConflict(postgres));

    /// <summary>Whether the exception says that such a row exists already.</summary>
    /// <param name="exception">What <c>SaveChanges</c> threw.</param>
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
