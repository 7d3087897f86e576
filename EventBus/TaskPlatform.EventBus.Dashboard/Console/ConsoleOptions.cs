using System.ComponentModel.DataAnnotations;

namespace TaskPlatform.EventBus.Dashboard.Console;

/// <summary>Options for the operators' console, in the section <c>Console</c>.</summary>
public sealed class ConsoleOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Console";

    /// <summary>The address of the Aspire dashboard, for links to traces. Without it there are no links. Default none.</summary>
    public Uri? Dashboard { get; set; }

    /// <summary>The length of a chart's time slots: each keeps the first sample that the monitor took in it. Slots shorter than the monitor's
    /// <see cref="AlertOptions.Interval"/> stay partly empty. Default 10 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan SampleInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long samples are kept. Default 7 days.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "365.00:00:00")]
    public TimeSpan SampleRetention { get; set; } = TimeSpan.FromDays(7);

    /// <summary>The address of a trace on the dashboard; null without a dashboard.</summary>
    public string? TraceLink(string? traceId)
        => Dashboard is { Scheme: "http" or "https" } dashboard && traceId is not null
            ? new Uri(dashboard, $"/traces/detail/{traceId}").ToString()
            : null;
}
