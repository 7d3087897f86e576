using System.ComponentModel.DataAnnotations;

namespace TaskPlatform.EventBus;

/// <summary>When somebody is to be told; section <c>EventBus:Alerts</c>.</summary>
public sealed class AlertOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "EventBus:Alerts";

    /// <summary>How often the streams are measured and the rules looked at. Default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>A group has not read an entry for so long. Default 60 s, for 30 s.</summary>
    public AgeRule LagAge { get; set; } = new() { Threshold = TimeSpan.FromMinutes(1), For = TimeSpan.FromSeconds(30) };

    /// <summary>A group has read an entry and nobody has touched it since for so long. Default 5 min, at once.</summary>
    public AgeRule PendingIdle { get; set; } = new() { Threshold = TimeSpan.FromMinutes(5) };

    /// <summary>An event waits in a service's log for so long. Default 30 s, for 30 s.</summary>
    public AgeRule OutboxAge { get; set; } = new() { Threshold = TimeSpan.FromSeconds(30), For = TimeSpan.FromSeconds(30) };

    /// <summary>A stream's last id lies so far in the future. Default 5 min, at once.</summary>
    public AgeRule IdsAhead { get; set; } = new() { Threshold = TimeSpan.FromMinutes(5) };

    /// <summary>So many dead letters came within the window. Default 1 in 10 min, at once.</summary>
    public CountRule DeadLetters { get; set; } = new();

    /// <summary>So many entries were lost within the window. Default 1 in 10 min, at once.</summary>
    public CountRule LostEntries { get; set; } = new();

    /// <summary>Where a firing or resolved alert is POSTed to, in Alertmanager's webhook format, version 4. Default nowhere.</summary>
    public Uri? Webhook { get; set; }
}

/// <summary>Fires when an age exceeds a threshold for some time.</summary>
public sealed class AgeRule
{
    /// <summary>The age that is too old.</summary>
    public TimeSpan Threshold { get; set; }

    /// <summary>For how long it must be so. Default: at once.</summary>
    public TimeSpan For { get; set; }
}

/// <summary>Fires when something grows by too much within a window of time.</summary>
public sealed class CountRule
{
    /// <summary>The growth that is too much. Default 1.</summary>
    [Range(1, long.MaxValue)]
    public long Threshold { get; set; } = 1;

    /// <summary>The time within which it grows. Default 10 min.</summary>
    public TimeSpan Window { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>For how long it must be so. Default: at once.</summary>
    public TimeSpan For { get; set; }
}
