using System.Collections.Concurrent;
using System.Diagnostics;

namespace TaskPlatform.EventBus;

/// <summary>What holds the bus up in this process, if anything does. Each role of it says when it waits, and logs that once an episode.</summary>
internal sealed class BusHealth
{
    private readonly ConcurrentDictionary<string, string> problems = new(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, long> heartbeats = new(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, string> warnings = new(StringComparer.Ordinal);

    /// <summary>What endangers the bus, though nothing waits for it now; by subject.</summary>
    public IReadOnlyDictionary<string, string> Warnings => warnings;

    /// <summary>Who waits, and for what.</summary>
    public IReadOnlyDictionary<string, string> Problems => problems;

    /// <summary>The alerts that fire, whichever process found them.</summary>
    public IReadOnlyList<AlertChanged> Alerts { get; set; } = [];

    public bool HasProblems => !problems.IsEmpty;

    /// <summary>A loop came round again.</summary>
    public void Heartbeat(string loop) => heartbeats[loop] = Stopwatch.GetTimestamp();

    /// <summary>A loop ended as it should.</summary>
    public void Ended(string loop) => heartbeats.TryRemove(loop, out _);

    /// <summary>The loops that have not come round for so long.</summary>
    public IEnumerable<string> Stalled(TimeSpan limit) => heartbeats.Where(heartbeat => Stopwatch.GetElapsedTime(heartbeat.Value) > limit).Select(heartbeat => heartbeat.Key);

    /// <summary>Something endangers the bus.</summary>
    /// <returns>Whether it is new.</returns>
    public bool Warn(string subject, string warning)
    {
        var isNew = !warnings.ContainsKey(subject);
        warnings[subject] = warning;
        return isNew;
    }

    /// <summary>It does so no more.</summary>
    public void ClearWarning(string subject) => warnings.TryRemove(subject, out _);

    /// <summary>A role can't go on for now.</summary>
    /// <returns>Whether it could until now.</returns>
    public bool Blocked(string role, string reason)
    {
        if (problems.TryAdd(role, reason))
            return true;
        problems[role] = reason;
        return false;
    }

    /// <summary>A role does its work.</summary>
    /// <returns>Whether it waited until now.</returns>
    public bool Recovered(string role) => problems.TryRemove(role, out _);
}
