using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Npgsql.EntityFrameworkCore.PostgreSQL;

internal static class Instrumentation
{
    // Npgsql's own name for its ActivitySource and its Meter.
    private const string Npgsql = "Npgsql";

    public static void Add<TContext>(IServiceCollection services, NpgsqlEntityFrameworkCorePostgreSQLSettings settings)
        where TContext : DbContext
    {
        if (!settings.DisableHealthChecks)
            services.AddHealthChecks().Add(new HealthCheckRegistration(
                typeof(TContext).Name,
                ActivatorUtilities.GetServiceOrCreateInstance<DbContextHealthCheck<TContext>>,
                failureStatus: null,
                tags: null));

        if (!settings.DisableTracing)
            services.AddOpenTelemetry().WithTracing(tracing => tracing.AddSource(Npgsql));

        if (!settings.DisableMetrics)
            services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddMeter(Npgsql));
    }
}
