using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace TaskPlatform.ServiceDefaults.Telemetry;

/// <summary>How a process of the platform is seen.</summary>
public static class TelemetryExtensions
{
    // .NET's own sources: no instrumentation package is needed on top of them.
    private static readonly string[] Sources = ["Microsoft.AspNetCore", "System.Net.Http", "Npgsql", "TaskPlatform.EventBus"];

    private static readonly string[] Meters =
        ["Microsoft.AspNetCore.*", "System.Net.Http", "System.Runtime", "Npgsql", "TaskPlatform.EventBus"];

    /// <summary>
    /// Adds traces, metrics and logs, as <see cref="ServiceDefaultsExtensions.AddServiceDefaults"/> does. Of the traces that begin with work, up to
    /// <see cref="TelemetryOptions.TracesPerSecond"/> are sampled. All is exported where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> says, else nowhere.
    /// </summary>
    public static void AddTelemetry(this IHostApplicationBuilder builder)
    {
        // Has ASP.NET Core set the HTTP attributes on its spans, which it leaves to an instrumentation package by default.
        AppContext.SetSwitch("Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData", false);

        builder.Services.AddOptions<TelemetryOptions>().BindConfiguration(TelemetryOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.TryAddSingleton(TimeProvider.System);
        var telemetry = builder.Services.AddOpenTelemetry()
            .WithTracing(tracing => tracing.AddSource(Sources).SetSampler(services => new ParentBasedSampler(new WorkSampler(
                services.GetRequiredService<IOptions<TelemetryOptions>>().Value.TracesPerSecond, services.GetRequiredService<TimeProvider>()))))
            .WithMetrics(metrics => metrics.AddMeter(Meters))
            .WithLogging(configureBuilder: null, logs =>
            {
                logs.IncludeFormattedMessage = true;
                logs.IncludeScopes = true;
            });

        if (!string.IsNullOrWhiteSpace(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
            telemetry.UseOtlpExporter();
    }
}
