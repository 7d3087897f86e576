using Npgsql;

namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>Checks that a connection has its own Postgres session.</summary>
public static class PostgresSession
{
    private const string Setting = "eventbus.session";

    /// <summary>Other clients use the pooler concurrently, so that a single check may get the same session again by chance.</summary>
    private const int Checks = 10;

    /// <summary>
    /// Throws if the connection goes through a pooler that assigns sessions per transaction. A marker setting shows this: a second connection
    /// sees it, or the first one no longer does.
    /// </summary>
    /// <param name="connection">An open connection, outside of a transaction.</param>
    /// <param name="cancellationToken">Cancels the check.</param>
    /// <exception cref="SharedSessionException">The pooler assigns sessions per transaction.</exception>
    public static async Task RequireAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        var marker = Guid.CreateVersion7().ToString();
        await using (var set = new NpgsqlCommand("SELECT set_config($1, $2, false)", connection))
        {
            set.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Setting });
            set.Parameters.Add(new NpgsqlParameter<string> { TypedValue = marker });
            await set.ExecuteNonQueryAsync(cancellationToken);
        }

        var settings = new NpgsqlConnectionStringBuilder(connection.ConnectionString) { Pooling = false };
        await using var other = connection.CloneWith(settings.ConnectionString);
        await other.OpenAsync(cancellationToken);
        for (var check = 0; check < Checks; check++)
        {
            await using (await other.BeginTransactionAsync(cancellationToken))
            {
                if (await ReadAsync(other, cancellationToken) == marker || await ReadAsync(connection, cancellationToken) != marker)
                    throw new SharedSessionException();
            }

            // A pooler reuses the session that was returned last, which is now that of the second connection.
            if (await ReadAsync(connection, cancellationToken) != marker)
                throw new SharedSessionException();
        }
    }

    private static async Task<string?> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var read = new NpgsqlCommand("SELECT current_setting($1, true)", connection);
        read.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Setting });
        return await read.ExecuteScalarAsync(cancellationToken) as string;
    }
}

/// <summary>The connection goes through a pooler that assigns sessions per transaction.</summary>
public sealed class SharedSessionException()
    : InvalidOperationException(
        "The connection string points to a pooler that gives each transaction another session. Requests can use it, but the dispatcher "
        + "and the migrations need one that points to Postgres itself.");
