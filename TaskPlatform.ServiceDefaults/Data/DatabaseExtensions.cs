using Microsoft.AspNetCore.Builder;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Npgsql;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.ServiceDefaults.Start;

namespace TaskPlatform.ServiceDefaults.Data;

/// <summary>Registers a service's database.</summary>
public static class DatabaseExtensions
{
    /// <summary>
    /// Registers the database of a connection string, migrates it before the service starts, and checks that the event bus finds its tables there. If the connection string points to a pooler in
    /// transaction mode, set <c>ConnectionStrings:{name}-direct</c> to a connection string that points to Postgres itself.
    /// </summary>
    public static WebApplicationBuilder AddDatabase<TDb>(this WebApplicationBuilder builder, string connectionName)
        where TDb : DbContext
    {
        builder.RequireConnectionString(connectionName, value => _ = new NpgsqlConnectionStringBuilder(value));

        var options = builder.Configuration.GetSection(DatabaseOptions.Section).Get<DatabaseOptions>() ?? new DatabaseOptions();
        builder.AddNpgsqlDbContext<TDb>(connectionName, settings =>
        {
            // No retries at this level: a request must answer 503 at once, and the bus has its own back-off.
            settings.DisableRetry = true;
            settings.DisableHealthChecks = true;
            settings.ConnectionString = WithDefaults(settings.ConnectionString, options);
        });
        builder.Services.AddHealthChecks().AddCheck<DatabaseHealthCheck<TDb>>(typeof(TDb).Name);
        builder.Services.AddOptions<DatabaseOptions>().BindConfiguration(DatabaseOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.Configure<DirectConnection<TDb>>(
            direct => direct.ConnectionString = builder.Configuration.GetConnectionString($"{connectionName}-direct"));
        builder.Services.AddScoped<IStartupStep, MigrateDatabase<TDb>>();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Scoped<IStartupStep, CheckEventBuses>());
        return builder;
    }

    /// <summary>
    /// Takes a lock for the rest of the current transaction; waits while another session holds it.
    /// </summary>
    /// <param name="db">The database, within a transaction.</param>
    /// <param name="name">The lock's name.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public static Task LockAsync(this DbContext db, string name, CancellationToken cancellationToken)
        => db.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtextextended({name}, 0))", cancellationToken);

    /// <summary>Fills in settings that the connection string doesn't set. Npgsql reports which ones it sets by keyword, not by property.</summary>
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

            // The platform never changes session state, so connections needn't be reset in the pool. The reset took a sixth of a small transaction's time.
            if (!settings.ShouldSerialize("No Reset On Close"))
                settings.NoResetOnClose = true;
            return settings.ConnectionString;
        }
        catch (ArgumentException)
        {
            // The startup check reports the invalid setting.
            return connectionString;
        }
    }
}
