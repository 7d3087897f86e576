using System.Runtime.Versioning;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace TaskPlatform.AppHost.LocalServers;

/// <summary>Connects and runs a query. The server is healthy if the result has at least one row.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class PostgresQuery(LocalPostgres server, string query) : IHealthCheck
{
    /// <summary>Opens an unpooled connection, because it is used only once.</summary>
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

            return rows.HasRows ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy($"No row for: {query}");
        }
        catch (PostgresException refusal) when (refusal.SqlState is PostgresErrorCodes.InvalidPassword)
        {
            return HealthCheckResult.Unhealthy(
                $"The password in {server.PasswordFile} doesn't match the existing data of '{server.Name}'. "
                + $"Restore the old password, or delete {server.Folder} to start with an empty server.",
                refusal);
        }
        catch (NpgsqlException failure)
        {
            return HealthCheckResult.Unhealthy($"'{server.Name}' doesn't respond: {failure.Message}", failure);
        }
    }
}
