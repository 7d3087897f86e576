using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace TaskPlatform.EventBus.Benchmarks.Bus;

/// <summary>Discards exported telemetry.</summary>
internal sealed class NullExporter<T> : BaseExporter<T>
    where T : class
{
    public override ExportResult Export(in Batch<T> batch) => ExportResult.Success;
}

internal static class NullExporterExtensions
{
    /// <summary>Sends spans and metrics through the pipeline to an exporter: a measurement includes their cost but needs no collector.</summary>
    public static void ExportToNull(this IHostApplicationBuilder builder)
        => builder.Services.AddOpenTelemetry()
            .WithTracing(tracing => tracing.AddProcessor(new BatchActivityExportProcessor(new NullExporter<Activity>())))
            .WithMetrics(metrics => metrics.AddReader(new PeriodicExportingMetricReader(new NullExporter<Metric>())));
}
