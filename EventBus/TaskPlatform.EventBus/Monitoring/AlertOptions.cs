using System.ComponentModel.DataAnnotations;

namespace TaskPlatform.EventBus;

/// <summary>Options of the alert rules; section <c>EventBus:Alerts</c>.</summary>
public sealed class AlertOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "EventBus:Alerts";

    /// <summary>How often the streams are sampled and the rules evaluated. Default 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Age of the oldest entry that a group has not read. Default: over 60 s, for 30 s.</summary>
    public AgeRule LagAge { get; set; } = new() { Threshold = TimeSpan.FromMinutes(1), For = TimeSpan.FromSeconds(30) };

    /// <summary>Idle time of a group's pending entry. Default: over 5 min.</summary>
    public AgeRule PendingIdle { get; set; } = new() { Threshold = TimeSpan.FromMinutes(5) };

    /// <summary>Age of the oldest unpublished event in a service's log. Default: over 30 s, for 30 s.</summary>
    public AgeRule OutboxAge { get; set; } = new() { Threshold = TimeSpan.FromSeconds(30), For = TimeSpan.FromSeconds(30) };

    /// <summary>How far a stream's last id is in the future. Default: over 5 min.</summary>
    public AgeRule IdsAhead { get; set; } = new() { Threshold = TimeSpan.FromMinutes(5) };

    /// <summary>Number of new dead letters within the window. Default: 1 in 10 min.</summary>
    public CountRule DeadLetters { get; set; } = new();

    /// <summary>Number of lost entries within the window. Default: 1 in 10 min.</summary>
    public CountRule LostEntries { get; set; } = new();

    /// <summary>The URL to which alerts are POSTed, in the format of Alertmanager's webhook, version 4. Default none.</summary>
    public Uri? Webhook { get; set; }
}

/// <summary>Fires when an age exceeds a threshold for some time.</summary>
public sealed class AgeRule
{
    /// <summary>The age above which the rule is violated.</summary>
    public TimeSpan Threshold { get; set; }

    /// <summary>How long the violation must last before the alert fires. Default: zero.</summary>
    public TimeSpan For { get; set; }
}

/// <summary>Fires when a count grows by a threshold or more within a time window.</summary>
public sealed class CountRule
{
    /// <summary>The growth at which the rule is violated. Default 1.</summary>
    [Range(1, long.MaxValue)]
    public long Threshold { get; set; } = 1;

    /// <summary>The time window. Default 10 min.</summary>
    public TimeSpan Window { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How long the violation must last before the alert fires. Default: zero.</summary>
    public TimeSpan For { get; set; }
}
