using System.Text;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace TaskPlatform.EventBus.Postgres;

/// <summary>Tells what a Postgres can't do now from what it will never do. Requests and the bus decide by the same list.</summary>
public static class PostgresAvailability
{
    /// <summary>
    /// Whether the exception, or one within it, says that Postgres can't do now what may succeed later: it can't be reached, is starting or
    /// stopping, refuses writes, or lacks something that is not the statement's own.
    /// </summary>
    public static bool IsUnavailable(Exception exception)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            switch (e)
            {
                case PostgresException postgres:
                    return !IsConflict(postgres) && (postgres.IsTransient || IsRefusal(postgres.SqlState));
                case NpgsqlException:
                    return true; // No answer: no connection, a broken one, or one that is silent.
            }
        }

        return false;
    }

    /// <summary>Whether the exception, or one within it, says that an open connection ended: its session was terminated, or its socket closed.</summary>
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

    /// <summary>Whether the exception, or one within it, says that another transaction has changed the same rows: at once, it may succeed.</summary>
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
    /// Whether the exception, or one within it, says that a value can't be stored whatever else the database holds: a NUL in a text, half of a surrogate
    /// pair, a text or a number beyond its column. A violated constraint is not meant: other rows, or the next migration, may cure that.
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

    /// <summary>Class 22, data exceptions, but for those that may come of what is stored already.</summary>
    private static bool IsUnstorable(string state) => state switch
    {
        PostgresErrorCodes.DivisionByZero or "2200H" => false, // 2200H: a sequence has reached its limit.
        ['2', '2', ..] => true,
        _ => false,
    };

    /// <summary>The states of https://www.postgresql.org/docs/current/errcodes-appendix.html that say "not now".</summary>
    private static bool IsRefusal(string state) => state switch
    {
        ['0', '8', ..] => true, // Connection.
        ['2', '8', ..] => true, // The role or its password does not fit: a rotation or a restore.
        ['5', '3', ..] => true, // Disk full, out of memory, too many connections.
        ['5', '7', 'P', ..] => true, // Shut down, starting, session ended.
        ['5', '8', ..] => true, // System error, such as a failing disk.
        PostgresErrorCodes.ReadOnlySqlTransaction => true, // A standby, or a primary that was made read-only.
        PostgresErrorCodes.InsufficientPrivilege => true, // Lost by a restore.
        PostgresErrorCodes.InvalidCatalogName => true, // The database is being restored.
        PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.ObjectInUse => true,
        "25P03" or "25P04" => true, // Idle in a transaction, or in one, for too long.
        _ => false,
    };
}
