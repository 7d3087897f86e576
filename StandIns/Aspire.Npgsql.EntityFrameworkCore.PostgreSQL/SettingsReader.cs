using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;

namespace Aspire.Npgsql.EntityFrameworkCore.PostgreSQL;

/// <summary>From the general to the particular: the section itself, the connection's, the context's, the connection string.</summary>
internal static class SettingsReader
{
    private const string Section = "Aspire:Npgsql:EntityFrameworkCore:PostgreSQL";

    public static NpgsqlEntityFrameworkCorePostgreSQLSettings Read<TContext>(IConfiguration configuration, string? connectionName)
        where TContext : DbContext
    {
        var settings = new NpgsqlEntityFrameworkCorePostgreSQLSettings();
        var section = configuration.GetSection(Section);

        section.Bind(settings);
        if (connectionName is not null)
            section.GetSection(connectionName).Bind(settings);
        section.GetSection(typeof(TContext).Name).Bind(settings);
        if (connectionName is not null && configuration.GetConnectionString(connectionName) is { } connectionString)
            settings.ConnectionString = connectionString;

        return settings;
    }

    public static string RequireConnectionString<TContext>(
        this NpgsqlEntityFrameworkCorePostgreSQLSettings settings, string connectionName)
        where TContext : DbContext
        => !string.IsNullOrWhiteSpace(settings.ConnectionString)
            ? settings.ConnectionString
            : throw new InvalidOperationException(
                $"ConnectionString is missing. It should be provided in 'ConnectionStrings:{connectionName}' or under the " +
                $"'ConnectionString' key in '{Section}' or '{Section}:{typeof(TContext).Name}' configuration section.");
}
