using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Npgsql;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using TaskPlatform.ServiceDefaults.Health;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.ServiceDefaults.Telemetry;

/// <summary>The telemetry that all processes of the platform export.</summary>
public static class TelemetryExtensions
{
    // The activity source and the meter of the event bus.
    private const string EventBus = "TaskPlatform.EventBus";

    /// <summary>
    /// Adds traces, metrics and logs. <see cref="ServiceDefaultsExtensions.AddServiceDefaults"/> calls it. Up to
    /// <see cref="TelemetryOptions.TracesPerSecond"/> new traces are sampled. Everything is exported to <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>,
    /// if that is set.
    /// </summary>
    public static void AddTelemetry(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<TelemetryOptions>().BindConfiguration(TelemetryOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.TryAddSingleton(TimeProvider.System);
        var telemetry = builder.Services.AddOpenTelemetry()
            .WithTracing(tracing => tracing
                .AddAspNetCoreInstrumentation(requests => requests.Filter = request => !HealthEndpoints.IsProbe(request.Request.Path) && request.Request.Path != TokenFormat.RevokedTokensPath)
                .AddHttpClientInstrumentation()
                .AddNpgsql()
                .AddSource(EventBus)
                .SetSampler(services => new ParentBasedSampler(new RateLimitedSampler(
                    services.GetRequiredService<IOptions<TelemetryOptions>>().Value.TracesPerSecond, services.GetRequiredService<TimeProvider>()))))
            .WithMetrics(metrics => metrics
                .AddAspNetCoreInstrumentation()
                .AddHttpClientInstrumentation()
                .AddRuntimeInstrumentation()
                .AddNpgsqlInstrumentation()
                .AddMeter(EventBus))
            .WithLogging(configureBuilder: null, logs =>
            {
                logs.IncludeFormattedMessage = true;
                logs.IncludeScopes = true;
            });

        if (!string.IsNullOrWhiteSpace(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
            telemetry.UseOtlpExporter();
    }
}
