using System.Collections.Concurrent;
using System.Diagnostics;

namespace TaskPlatform.EventBus;

/// <summary>The problems of the bus in this process. Each role reports when it is blocked, so that it can be logged once per incident.</summary>
internal sealed class BusHealth
{
    private readonly ConcurrentDictionary<string, string> problems = new(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, long> heartbeats = new(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, string> warnings = new(StringComparer.Ordinal);

    /// <summary>Risks that block nothing at the moment, by subject.</summary>
    public IReadOnlyDictionary<string, string> Warnings => warnings;

    /// <summary>The blocked roles, with the reason.</summary>
    public IReadOnlyDictionary<string, string> Problems => problems;

    /// <summary>The firing alerts, regardless of the process that detected them.</summary>
    public IReadOnlyList<AlertChanged> Alerts { get; set; } = [];

    public bool HasProblems => !problems.IsEmpty;

    /// <summary>Records an iteration of a loop.</summary>
    public void Heartbeat(string loop) => heartbeats[loop] = Stopwatch.GetTimestamp();

    /// <summary>Records that a loop has stopped normally.</summary>
    public void Ended(string loop) => heartbeats.TryRemove(loop, out _);

    /// <summary>The loops without a heartbeat for longer than the limit.</summary>
    public IEnumerable<string> Stalled(TimeSpan limit) => heartbeats.Where(heartbeat => Stopwatch.GetElapsedTime(heartbeat.Value) > limit).Select(heartbeat => heartbeat.Key);

    /// <summary>Adds or updates a warning.</summary>
    /// <returns>Whether the warning is new.</returns>
    public bool Warn(string subject, string warning)
    {
        var isNew = !warnings.ContainsKey(subject);
        warnings[subject] = warning;
        return isNew;
    }

    /// <summary>Removes a warning.</summary>
    public void ClearWarning(string subject) => warnings.TryRemove(subject, out _);

    /// <summary>Records that a role is blocked.</summary>
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
