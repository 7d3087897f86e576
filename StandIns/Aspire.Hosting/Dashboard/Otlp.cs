using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Dashboard;

/// <summary>Where a process sends its telemetry, in OpenTelemetry's own environment variables.</summary>
internal static class Otlp
{
    private const string EverySecond = "1000"; // ms

    /// <summary>Adds nothing where there is no dashboard: exporters that nobody answers only cost time.</summary>
    public static void AddTo(EnvironmentCallbackContext context, IConfiguration configuration, bool isDevelopment)
    {
        var variables = context.EnvironmentVariables;
        var dashboard = context.Resource.Annotations.OfType<TelemetryTargetAnnotation>().LastOrDefault()?.Dashboard;

        if (dashboard is null)
            return;

        variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = dashboard.GetEndpoint(DashboardResource.OtlpGrpc);
        variables["OTEL_EXPORTER_OTLP_PROTOCOL"] = "grpc";
        variables["OTEL_EXPORTER_OTLP_HEADERS"] = $"x-otlp-api-key={configuration[AppHostSecrets.OtlpApiKey]}";

        if (!isDevelopment)
            return;

        variables["OTEL_BLRP_SCHEDULE_DELAY"] = EverySecond;
        variables["OTEL_BSP_SCHEDULE_DELAY"] = EverySecond;
        variables["OTEL_METRIC_EXPORT_INTERVAL"] = EverySecond;
        variables["OTEL_TRACES_SAMPLER"] = "always_on";
        variables["OTEL_METRICS_EXEMPLAR_FILTER"] = "trace_based";
    }
}

/// <summary>Set on every project once it is known that there is a dashboard.</summary>
internal sealed class TelemetryTargetAnnotation(DashboardResource dashboard) : IResourceAnnotation
{
    public DashboardResource Dashboard { get; } = dashboard;
}
