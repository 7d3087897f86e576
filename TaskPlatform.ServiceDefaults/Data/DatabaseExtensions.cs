using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using TaskPlatform.EventBus.Postgres;
using TaskPlatform.ServiceDefaults.Start;

namespace TaskPlatform.ServiceDefaults.Data;

/// <summary>Gives a service its database.</summary>
public static class DatabaseExtensions
{
    /// <summary>
    /// Adds the database of a connection string and migrates it before the service starts. Where that leads to a pooler that gives each
    /// transaction another session, <c>ConnectionStrings:{name}-direct</c> leads to Postgres itself.
    /// </summary>
    public static WebApplicationBuilder AddDatabase<TDb>(this WebApplicationBuilder builder, string connectionName)
        where TDb : DbContext
    {
        builder.RequireConnectionString(connectionName, value => _ = new NpgsqlConnectionStringBuilder(value));

        var options = builder.Configuration.GetSection(DatabaseOptions.Section).Get<DatabaseOptions>() ?? new DatabaseOptions();
        builder.AddNpgsqlDbContext<TDb>(connectionName, settings =>
        {
            // No retries below us: a request answers 503 and the bus pauses, each in its own way and at once.
            settings.DisableRetry = true;
            settings.DisableHealthChecks = true;
            settings.ConnectionString = WithDefaults(settings.ConnectionString, options);
        });
        builder.Services.AddHealthChecks().AddCheck<DatabaseHealthCheck<TDb>>(typeof(TDb).Name);
        builder.Services.AddOptions<DatabaseOptions>().BindConfiguration(DatabaseOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.Configure<DirectConnection<TDb>>(
            direct => direct.ConnectionString = builder.Configuration.GetConnectionString($"{connectionName}-direct"));
        builder.Services.AddScoped<IStartupStep, MigrateDatabase<TDb>>();
        return builder;
    }

    /// <summary>
    /// Waits until no other process holds the lock, and holds it to the end of the current transaction.
    /// </summary>
    /// <param name="db">The database, within a transaction.</param>
    /// <param name="name">The lock's name.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static Task LockAsync(this DbContext db, string name, CancellationToken cancellationToken)
        => db.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtextextended({name}, 0))", cancellationToken);

    /// <summary>Fills in what the connection string leaves open; what it says, wins. Npgsql knows what it says by keyword, not by property.</summary>
    private static string? WithDefaults(string? connectionString, DatabaseOptions options)
    {
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(connectionString);
            if (settings.Count == 0)
                return connectionString;

            if (!settings.ShouldSerialize("Timeout"))
                settings.Timeout = (int)options.ConnectTimeout.TotalSeconds;
            if (!settings.ShouldSerialize("Command Timeout"))
                settings.CommandTimeout = (int)options.CommandTimeout.TotalSeconds;
            if (!settings.ShouldSerialize("Max Auto Prepare"))
                settings.MaxAutoPrepare = options.PreparedStatements;

            // Nothing here changes a session that goes back into the pool, so there is nothing to reset: a sixth of a small transaction's time.
            if (!settings.ShouldSerialize("No Reset On Close"))
                settings.NoResetOnClose = true;
            return settings.ConnectionString;
        }
        catch (ArgumentException)
        {
            // The start says which setting makes no sense.
            return connectionString;
        }
    }
}
