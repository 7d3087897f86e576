using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Trace;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Clients;

/// <summary>What the services count on in Aspire's database client, whichever feed it comes from.</summary>
public sealed class DatabaseClientTests(PostgresServer postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_context_reaches_its_database_with_retries_and_a_health_check_of_its_name()
    {
        using var host = Host(await postgres.CreateDatabaseAsync(Cancellation));
        await using var scope = host.Services.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<SampleDbContext>().Database;

        Assert.True(await database.CanConnectAsync(Cancellation));
        Assert.True(database.CreateExecutionStrategy().RetriesOnFailure);

        var health = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Cancellation);
        Assert.Equal(HealthStatus.Healthy, health.Entries[nameof(SampleDbContext)].Status);
    }

    [Fact]
    public async Task A_command_is_traced_from_the_start_of_the_host()
    {
        var spans = new List<Activity>();
        var connectionString = await postgres.CreateDatabaseAsync(Cancellation);
        using var host = Host(connectionString, services => services.ConfigureOpenTelemetryTracerProvider(
            tracing => tracing.AddProcessor(new SimpleActivityExportProcessor(new ListExporter(spans)))));
        await host.StartAsync(Cancellation);

        await using (var scope = host.Services.CreateAsyncScope())
            await scope.ServiceProvider.GetRequiredService<SampleDbContext>().Database.ExecuteSqlAsync($"SELECT 1", Cancellation);
        await host.StopAsync(Cancellation);

        lock (spans)
            Assert.Contains(spans, span => span.Source.Name == "Npgsql" && connectionString.EndsWith(
                $"Database={span.GetTagItem("db.namespace")}", StringComparison.Ordinal));
    }

    [Fact]
    public void A_missing_connection_string_is_asked_for_by_its_place_in_the_configuration()
    {
        using var host = Host(connectionString: null);
        using var scope = host.Services.CreateScope();

        var refusal = Assert.Throws<InvalidOperationException>(scope.ServiceProvider.GetRequiredService<SampleDbContext>);
        Assert.Contains("'ConnectionStrings:sample-db'", refusal.Message, StringComparison.Ordinal);
    }

    private static IHost Host(string? connectionString, Action<IServiceCollection>? configure = null)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(settings: null);
        builder.Configuration["ConnectionStrings:sample-db"] = connectionString;
        builder.AddNpgsqlDbContext<SampleDbContext>("sample-db");
        configure?.Invoke(builder.Services);
        return builder.Build();
    }

    private sealed class SampleDbContext(DbContextOptions<SampleDbContext> options) : DbContext(options);

    private sealed class ListExporter(List<Activity> spans) : BaseExporter<Activity>
    {
        public override ExportResult Export(in Batch<Activity> batch)
        {
            lock (spans)
                foreach (var span in batch)
                    spans.Add(span);
            return ExportResult.Success;
        }
    }
}
