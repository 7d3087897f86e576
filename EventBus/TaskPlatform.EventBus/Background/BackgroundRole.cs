using Microsoft.Extensions.Logging;

namespace TaskPlatform.EventBus;

/// <summary>Work that a process repeats until it stops, for example reading a stream or trimming it. <see cref="BackgroundLoops"/> runs it.</summary>
/// <param name="Name">Identifies the role in logs and health reports, for example <c>retries</c>; unique in the process.</param>
public sealed record BackgroundRole(string Name)
{
    /// <summary>The wait after a successful step that does not return one itself. Default: none.</summary>
    public TimeSpan Interval { get; init; }

    /// <summary>Whether to wait before the first step as well. Default: the first step runs at once.</summary>
    public bool WaitsFirst { get; init; }

    /// <summary>Ends a wait between two steps early; not the wait after a failed one. Default: none.</summary>
    public CoalescedSignal? Signal { get; init; }

    /// <summary>
    /// Whether the health check is unhealthy if no step begins for <see cref="EventBusOptions.StallTimeout"/> without a known cause. For roles without
    /// which no event is handled, whose steps and waits are always shorter than that. Default: no.
    /// </summary>
    public bool HasHeartbeat { get; init; }

    /// <summary>
    /// The level at which an interruption and the recovery from it are logged; lower where another role reports the same cause. Default: a warning
    /// and an information. The health check is degraded in any case.
    /// </summary>
    public LogLevel? LogLevel { get; init; }
}
