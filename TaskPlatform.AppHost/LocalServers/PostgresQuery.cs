using System.Runtime.Versioning;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace TaskPlatform.AppHost.LocalServers;

/// <summary>Logs in and asks; healthy is a server that has an answer of one row at least.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class PostgresQuery(LocalPostgres server, string query) : IHealthCheck
{
    /// <summary>A connection of its own: a pooled one would keep the server from noticing that nobody needs it any more.</summary>
    public static async Task<NpgsqlConnection> OpenAsync(LocalPostgres server, CancellationToken cancellationToken)
    {
        var address = await server.ConnectionStringExpression.GetValueAsync(cancellationToken);
        var settings = new NpgsqlConnectionStringBuilder(address) { Pooling = false, Timeout = 5 };
        var connection = new NpgsqlConnection(settings.ConnectionString);

        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await using var connection = await OpenAsync(server, cancellationToken);
            await using var command = new NpgsqlCommand(query, connection);
            await using var rows = await command.ExecuteReaderAsync(cancellationToken);

            return rows.HasRows ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy($"No answer to: {query}");
        }
        catch (NpgsqlException failure)
        {
            return HealthCheckResult.Unhealthy($"'{server.Name}' doesn't answer: {failure.Message}", failure);
        }
    }
}
