using Aspire.Npgsql.EntityFrameworkCore.PostgreSQL;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.Extensions.Hosting;

/// <summary>Adds a database context on PostgreSQL to a host.</summary>
public static class AspireEFPostgreSqlExtensions
{
    /// <summary>Registers <typeparamref name="TContext"/>, pooled, with retries, health check, traces and metrics.</summary>
    public static void AddNpgsqlDbContext<TContext>(
        this IHostApplicationBuilder builder,
        string connectionName,
        Action<NpgsqlEntityFrameworkCorePostgreSQLSettings>? configureSettings = null,
        Action<DbContextOptionsBuilder>? configureDbContextOptions = null)
        where TContext : DbContext
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(connectionName);
        if (builder.Environment.IsDevelopment() && IsRegistered<TContext>(builder.Services))
            throw new InvalidOperationException(
                $"DbContext<{typeof(TContext).Name}> is already registered. Use {nameof(EnrichNpgsqlDbContext)} instead.");

        var settings = SettingsReader.Read<TContext>(builder.Configuration, connectionName);
        configureSettings?.Invoke(settings);

        // The connection string is looked at when a context is first wanted: by then a logger can tell that it is missing.
        builder.Services.AddDbContextPool<TContext>(options =>
        {
            options.UseNpgsql(settings.RequireConnectionString<TContext>(connectionName), npgsql =>
            {
                if (!settings.DisableRetry)
                    npgsql.EnableRetryOnFailure();
                if (settings.CommandTimeout is { } seconds)
                    npgsql.CommandTimeout(seconds);
            });
            configureDbContextOptions?.Invoke(options);
        });
        Instrumentation.Add<TContext>(builder.Services, settings);
    }

    /// <summary>Adds retries, health check, traces and metrics to a <typeparamref name="TContext"/> that is registered already.</summary>
    public static void EnrichNpgsqlDbContext<TContext>(
        this IHostApplicationBuilder builder,
        Action<NpgsqlEntityFrameworkCorePostgreSQLSettings>? configureSettings = null)
        where TContext : DbContext
    {
        ArgumentNullException.ThrowIfNull(builder);

        var settings = SettingsReader.Read<TContext>(builder.Configuration, connectionName: null);
        configureSettings?.Invoke(settings);

        if (!settings.DisableRetry || settings.CommandTimeout.HasValue)
        {
            if (!IsRegistered<TContext>(builder.Services))
                throw new InvalidOperationException(
                    $"DbContext<{typeof(TContext).Name}> was not registered. " +
                    $"Ensure you have registered the DbContext in DI before calling {nameof(EnrichNpgsqlDbContext)}.");

            builder.Services.ConfigureDbContext<TContext>(options => Enrichment.Apply(options, settings, typeof(TContext).Name));
        }

        Instrumentation.Add<TContext>(builder.Services, settings);
    }

    private static bool IsRegistered<TContext>(IServiceCollection services)
        where TContext : DbContext
        => services.Any(service => service.ServiceType == typeof(DbContextOptions<TContext>));
}
