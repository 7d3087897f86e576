using System.Net.Sockets;
using Npgsql;

namespace TaskPlatform.ServiceDefaults.Data;

/// <summary>Tells a database that is away from one that refuses.</summary>
public static class DatabaseFailure
{
    /// <summary>Whether the exception, or one within it, says that the database can't be reached or is overloaded: trying later may help.</summary>
    public static bool IsUnavailable(Exception exception) => Find<NpgsqlException>(exception) switch
    {
        { IsTransient: true } => true,
        { InnerException: SocketException or IOException or TimeoutException } => true,
        _ => false,
    };

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
