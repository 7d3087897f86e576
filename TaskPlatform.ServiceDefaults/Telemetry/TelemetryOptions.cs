using System.ComponentModel.DataAnnotations;

namespace TaskPlatform.ServiceDefaults.Telemetry;

/// <summary>Telemetry options of a process.</summary>
public sealed class TelemetryOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Telemetry";

    /// <summary>
    /// How many new traces a process samples per second; a burst may use one second's worth at once. Traces that another process started keep
    /// that process's decision. Default 100; 0 for none. An overloaded exporter drops spans of every trace, and a few complete traces are more
    /// useful than many incomplete ones.
    /// </summary>
    [Range(0, 1_000_000)]
    public int TracesPerSecond { get; set; } = 100;
}
