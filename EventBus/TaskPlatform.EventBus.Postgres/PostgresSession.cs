using Npgsql;

namespace TaskPlatform.EventBus.Postgres;

/// <summary>Finds out whether a connection is a session of its own.</summary>
public static class PostgresSession
{
    private const string Setting = "taskplatform.session";

    /// <summary>Other clients may use the pooler meanwhile, so a single check may find its own session again by chance.</summary>
    private const int Checks = 10;

    /// <summary>
    /// Throws where a pooler gives each transaction another session: then a second connection is given the first one's, or the first one
    /// another, and what was set in it shows that.
    /// </summary>
    /// <param name="connection">An open connection, outside of a transaction.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="SharedSessionException">It is not a session of its own.</exception>
    public static async Task RequireAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        var mark = Guid.CreateVersion7().ToString();
        await using (var set = new NpgsqlCommand("SELECT set_config($1, $2, false)", connection))
        {
            set.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Setting });
            set.Parameters.Add(new NpgsqlParameter<string> { TypedValue = mark });
            await set.ExecuteNonQueryAsync(cancellationToken);
        }

        var settings = new NpgsqlConnectionStringBuilder(connection.ConnectionString) { Pooling = false };
        await using var other = connection.CloneWith(settings.ConnectionString);
        await other.OpenAsync(cancellationToken);
        for (var check = 0; check < Checks; check++)
        {
            await using (await other.BeginTransactionAsync(cancellationToken))
            {
                if (await ReadAsync(other, cancellationToken) == mark || await ReadAsync(connection, cancellationToken) != mark)
                    throw new SharedSessionException();
            }

            // A pooler gives the session that was returned last, which now is the other one's.
            if (await ReadAsync(connection, cancellationToken) != mark)
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

/// <summary>A connection leads to a pooler that gives each transaction another session.</summary>
public sealed class SharedSessionException()
    : InvalidOperationException(
        "The connection string leads to a pooler that gives each transaction another session. That is fine for requests, but the dispatcher "
        + "and the migrations need a connection string that leads to Postgres itself.");
