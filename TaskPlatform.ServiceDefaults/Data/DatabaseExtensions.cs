using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using TaskPlatform.ServiceDefaults.Start;

namespace TaskPlatform.ServiceDefaults.Data;

/// <summary>Gives a service its database.</summary>
public static class DatabaseExtensions
{
    /// <summary>Adds the database of a connection string and brings it up to date before the service starts.</summary>
    public static WebApplicationBuilder AddDatabase<TDb>(this WebApplicationBuilder builder, string connectionName)
        where TDb : DbContext
    {
        builder.RequireConnectionString(connectionName, value => _ = new NpgsqlConnectionStringBuilder(value));

        var options = builder.Configuration.GetSection(DatabaseOptions.Section).Get<DatabaseOptions>() ?? new DatabaseOptions();
        builder.AddNpgsqlDbContext<TDb>(connectionName, settings =>
        {
            // No retries below us: a request answers 503 and the bus pauses, each in its own way and at once.
            settings.DisableRetry = true;
            settings.CommandTimeout = (int)options.CommandTimeout.TotalSeconds;
            settings.ConnectionString = WithDefaults(settings.ConnectionString, options);
        });
        builder.Services.AddOptions<DatabaseOptions>().BindConfiguration(DatabaseOptions.Section).ValidateDataAnnotations().ValidateOnStart();
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

    /// <summary>Fills in what the connection string leaves open; what it says, stands.</summary>
    private static string? WithDefaults(string? connectionString, DatabaseOptions options)
    {
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(connectionString);
            if (settings.Count == 0)
                return connectionString;

            if (!settings.ShouldSerialize(nameof(settings.Timeout)))
                settings.Timeout = (int)options.ConnectTimeout.TotalSeconds;
            if (!settings.ShouldSerialize(nameof(settings.MaxAutoPrepare)))
                settings.MaxAutoPrepare = options.PreparedStatements;

            // Nothing here changes a session that goes back into the pool, so there is nothing to reset: a sixth of a small transaction's time.
            if (!settings.ShouldSerialize(nameof(settings.NoResetOnClose)))
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
