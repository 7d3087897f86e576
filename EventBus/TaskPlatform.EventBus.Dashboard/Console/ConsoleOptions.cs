using System.ComponentModel.DataAnnotations;

namespace TaskPlatform.EventBus.Dashboard.Console;

/// <summary>The operators' console; section <c>Console</c>.</summary>
public sealed class ConsoleOptions
{
    public const string Section = "Console";

    /// <summary>Where the Aspire dashboard is, for links into its traces. Default none: then there are no links.</summary>
    public Uri? Dashboard { get; set; }

    /// <summary>How often the bus is looked at for the charts. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan SampleInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the charts reach back. Default 7 days.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "365.00:00:00")]
    public TimeSpan SampleRetention { get; set; } = TimeSpan.FromDays(7);

    /// <summary>Where a trace is shown; null without a dashboard.</summary>
    public string? TraceLink(string? traceId)
        => Dashboard is { Scheme: "http" or "https" } dashboard && traceId is not null
            ? new Uri(dashboard, $"/traces/detail/{traceId}").ToString()
            : null;
}
