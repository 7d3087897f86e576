using System.Collections.Concurrent;

namespace TaskPlatform.EventBus;

/// <summary>
/// The problems of the bus in this process, as its health check reports them. Each role reports when it is blocked and when it has recovered, so
/// that an incident is logged once. Thread-safe. <see cref="BackgroundLoops"/> does so for every background role.
/// </summary>
/// <param name="clock">The clock of heartbeats; default the system's.</param>
public sealed class BusHealth(TimeProvider? clock = null)
{
    private readonly TimeProvider clock = clock ?? TimeProvider.System;
    private readonly ConcurrentDictionary<string, string> problems = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> heartbeats = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> warnings = new(StringComparer.Ordinal);

    /// <summary>Risks that block nothing at the moment, by subject.</summary>
    public IReadOnlyDictionary<string, string> Warnings => warnings;

    /// <summary>The blocked roles, with the reason.</summary>
    public IReadOnlyDictionary<string, string> Problems => problems;

    /// <summary>The firing alerts, regardless of the process that detected them.</summary>
    public IReadOnlyList<AlertChanged> Alerts { get; set; } = [];

    /// <summary>Whether a role is blocked.</summary>
    public bool HasProblems => !problems.IsEmpty;

    /// <summary>Records that a role has begun a step.</summary>
    public void Heartbeat(string role) => heartbeats[role] = clock.GetTimestamp();

    /// <summary>Records that a role has ended normally, so that no more heartbeats are expected.</summary>
    public void Ended(string role) => heartbeats.TryRemove(role, out _);

    /// <summary>The roles whose last heartbeat is longer ago than the limit.</summary>
    public IEnumerable<string> Stalled(TimeSpan limit)
        => heartbeats.Where(heartbeat => clock.GetElapsedTime(heartbeat.Value) > limit).Select(heartbeat => heartbeat.Key);

    /// <summary>Adds or updates a warning.</summary>
    /// <param name="subject">What the warning is about; there is one for each.</param>
    /// <param name="warning">The text for the health check: a sentence.</param>
    /// <returns>Whether the subject had no warning before.</returns>
    public bool Warn(string subject, string warning)
    {
        var isNew = !warnings.ContainsKey(subject);
        warnings[subject] = warning;
        return isNew;
    }

    /// <summary>Removes a warning.</summary>
    public void ClearWarning(string subject) => warnings.TryRemove(subject, out _);

    /// <summary>Records that a role is blocked, or why it still is.</summary>
    /// <returns>Whether it was not blocked before.</returns>
    public bool Blocked(string role, string reason)
    {
        if (problems.TryAdd(role, reason))
            return true;
        problems[role] = reason;
        return false;
    }

    /// <summary>Records that a role works.</summary>
    /// <returns>Whether it was blocked before.</returns>
    public bool Recovered(string role) => problems.TryRemove(role, out _);
}
