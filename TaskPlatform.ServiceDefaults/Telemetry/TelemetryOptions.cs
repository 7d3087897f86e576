using System.ComponentModel.DataAnnotations;

namespace TaskPlatform.ServiceDefaults.Telemetry;

/// <summary>What is seen of a process.</summary>
public sealed class TelemetryOptions
{
    /// <summary>Where they stand in the configuration.</summary>
    public const string Section = "Telemetry";

    /// <summary>
    /// How many traces a second may begin in this process; a second's worth may come at once. Those that began elsewhere go on as they began. Default
    /// 100; 0 for none. An exporter that is sent more spans than it can pass on loses some of each trace: rather some traces, and those whole.
    /// </summary>
    [Range(0, 1_000_000)]
    public int TracesPerSecond { get; set; } = 100;
}
