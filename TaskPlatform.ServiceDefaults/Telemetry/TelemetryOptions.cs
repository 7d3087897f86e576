using System.ComponentModel.DataAnnotations;

namespace TaskPlatform.ServiceDefaults.Telemetry;

/// <summary>Settings of a process's telemetry.</summary>
public sealed class TelemetryOptions
{
    /// <summary>Their section in the configuration.</summary>
    public const string Section = "Telemetry";

    /// <summary>
    /// How many new traces a process samples per second; a burst may use one second's worth at once. Traces that another process started keep
    /// that process's decision. Default 100; 0 for none. The limit exists because an overloaded exporter drops spans of every trace: fewer
    /// traces that are complete are worth more.
    /// </summary>
    [Range(0, 1_000_000)]
    public int TracesPerSecond { get; set; } = 100;
}
