using System.Text;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>Classifies Postgres failures as temporary or permanent, for HTTP requests and for the bus.</summary>
public static class PostgresAvailability
{
    /// <summary>
    /// Whether the exception, or an inner one, is a temporary failure of Postgres: it is unreachable, starting or stopping, refuses writes,
    /// or lacks a resource that does not depend on the statement.
    /// </summary>
    public static bool IsUnavailable(Exception exception)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            switch (e)
            {
                case PostgresException postgres:
                    return !IsConflict(postgres) && (postgres.IsTransient || IsTemporary(postgres.SqlState));
                case NpgsqlException:
                    return true; // No connection, a broken one, or no response.
            }
        }

        return false;
    }

    /// <summary>Whether the exception, or an inner one, means that an open connection was lost (session terminated, socket closed).</summary>
    public static bool IsConnectionLost(Exception exception)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            switch (e)
            {
                case PostgresException postgres:
                    return postgres.SqlState is ['0', '8', ..] or ['5', '7', 'P', '0', ..] or "25P03";
                case NpgsqlException npgsql:
                    return npgsql.InnerException is IOException or System.Net.Sockets.SocketException;
            }
        }

        return false;
    }

    /// <summary>Whether the exception, or an inner one, is a conflict with a concurrent transaction. An immediate retry may succeed.</summary>
    public static bool IsConflict(Exception exception)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            if (e is DbUpdateConcurrencyException or PostgresException { SqlState: ['4', '0', ..] })
                return true;
        }

        return false;
    }

    /// <summary>
    /// Whether the exception, or an inner one, means that a value can never be stored: text with a NUL or an unpaired surrogate, or a text or
    /// number that exceeds its column. Constraint violations don't count, because other rows or a migration may resolve them.
    /// </summary>
    public static bool IsPermanent(Exception exception)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            switch (e)
            {
                case PostgresException postgres:
                    return IsUnstorable(postgres.SqlState);
                case EncoderFallbackException:
                    return true;
            }
        }

        return false;
    }

    /// <summary>Class 22 (data exceptions), except for states that can depend on data already stored.</summary>
    private static bool IsUnstorable(string state) => state switch
    {
        PostgresErrorCodes.DivisionByZero or "2200H" => false, // 2200H: sequence limit exceeded.
        ['2', '2', ..] => true,
        _ => false,
    };

    /// <summary>The states of https://www.postgresql.org/docs/current/errcodes-appendix.html that denote a temporary failure.</summary>
    private static bool IsTemporary(string state) => state switch
    {
        ['0', '8', ..] => true, // Connection exceptions.
        ['2', '8', ..] => true, // Invalid role or password, for example during a credential rotation or a restore.
        ['5', '3', ..] => true, // Disk full, out of memory, too many connections.
        ['5', '7', 'P', ..] => true, // Shutting down, starting up, session terminated.
        ['5', '8', ..] => true, // System error, such as a failing disk.
        PostgresErrorCodes.ReadOnlySqlTransaction => true, // A standby, or a read-only primary.
        PostgresErrorCodes.InsufficientPrivilege => true, // For example lost in a restore.
        PostgresErrorCodes.InvalidCatalogName => true, // The database does not exist, for example during a restore.
        PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.ObjectInUse => true,
        "25P03" or "25P04" => true, // Idle-in-transaction timeout, transaction timeout.
        _ => false,
    };
}
