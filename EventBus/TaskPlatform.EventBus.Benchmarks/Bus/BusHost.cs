using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.EventBus.Redis;
using TaskPlatform.ServiceDefaults.Telemetry;

namespace TaskPlatform.EventBus.Benchmarks.Bus;

/// <summary>Builds hosts that use the bus, configured like those of a service.</summary>
internal static class BusHost
{
    /// <summary>Publishes committed events, and consumes nothing.</summary>
    public static IHost Publisher(BenchmarkEnvironment environment)
        => Build(environment, options: null, services => { }, bus => bus.UsePostgres<BenchmarkDb>(store => store.Outbox("benchmark").UseBulkInserts()));

    /// <summary>Consumes without an inbox.</summary>
    public static IHost Consumer<THandler>(
        BenchmarkEnvironment environment, Counter? counter, Action<EventBusOptions>? options = null, int? tracesPerSecond = null)
        where THandler : class, IEventHandler<Measured>
        => Build(
            environment, options,
            services => services
                .AddSingleton(counter ?? new Counter(0))
                .Configure<TelemetryOptions>(telemetry => telemetry.TracesPerSecond = tracesPerSecond ?? telemetry.TracesPerSecond),
            bus => bus.AddConsumerGroup(BenchmarkEnvironment.Group, group => group.WithoutInbox().Handle<Measured, THandler>()));

    /// <summary>Consumes with an inbox and inserts one row per event, in batches or one event at a time.</summary>
    public static IHost RowWriter(BenchmarkEnvironment environment, Action<EventBusOptions>? options = null, bool inBatches = true)
        => Build(environment, options, services => { }, bus => bus
            .UsePostgres<BenchmarkDb>(store => store.UseBulkInserts())
            .AddConsumerGroup(
                BenchmarkEnvironment.Group,
                group => _ = inBatches ? group.HandleInBatches<Measured, InsertRow>() : group.Handle<Measured, InsertRow>()));

    public static IHost Build(
        BenchmarkEnvironment environment, Action<EventBusOptions>? options, Action<IServiceCollection> services, Action<EventBusBuilder> configure)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "benchmark" });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:redis"] = environment.Redis,
            ["ConnectionStrings:benchmark-db"] = $"{environment.Postgres};Max Auto Prepare=100;No Reset On Close=true", // As configured for the services.
        });
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true).SetMinimumLevel(LogLevel.Warning);
        builder.AddTelemetry();
        builder.ExportToNull();
        builder.AddNpgsqlDbContext<BenchmarkDb>("benchmark-db", settings => settings.DisableRetry = true);
        builder.AddEventBus("redis", new EventCatalog().Add<Measured>(), bus =>
        {
            bus.Configure(settings =>
            {
                settings.KeyPrefix = environment.Prefix;
                options?.Invoke(settings);
            });
            configure(bus);
        });
        services(builder.Services);
        return builder.Build();
    }
}
