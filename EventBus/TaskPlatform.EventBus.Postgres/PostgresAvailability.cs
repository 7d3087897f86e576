using Npgsql;

namespace TaskPlatform.EventBus.Postgres;

/// <summary>Tells a database that can't be reached from one that said no.</summary>
public static class PostgresAvailability
{
    /// <summary>
    /// Whether the exception, or one within it, says that Postgres is not there: no connection, a broken one, one that falls silent,
    /// a server that is starting, stopping or full. A statement's own failure is none of these.
    /// </summary>
    public static bool IsUnavailable(Exception exception)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            switch (e)
            {
                // Classes 08 (connection) and 57P0x (shutdown, crash, starting up, idle session ended), and 53300 (too many connections).
                case PostgresException postgres:
                    return postgres.SqlState is ['0', '8', ..] or ['5', '7', 'P', '0', ..] or PostgresErrorCodes.TooManyConnections
                        or "25P03"; // Idle in a transaction for too long: see Inbox.
                case NpgsqlException:
                    return true;
            }
        }

        return false;
    }
}
