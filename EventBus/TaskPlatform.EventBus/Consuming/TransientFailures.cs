using System.Collections.Concurrent;
using System.Diagnostics;

namespace TaskPlatform.EventBus;

/// <summary>
/// Decides how long a failure that looks like one of the store is attributed to the store although it accepts other writes: a table or a row may be
/// locked. If a handler's statement always times out, or the handler breaks its own connection, the failure is attributed to the handler.
/// </summary>
internal sealed class TransientFailures
{
    /// <summary>The number of tolerated failures after other events of the handler were committed, or of lost connections to a working store.</summary>
    private const int MaxFailures = 3;

    /// <summary>How long an event may fail while no other event of its handler is committed.</summary>
    private static readonly TimeSpan MaxDuration = TimeSpan.FromMinutes(5);

    /// <summary>The maximum number of events to track across their retries; above it, all are removed and evaluated again.</summary>
    private const int MaxTracked = 10_000;

    private readonly ConcurrentDictionary<Guid, bool> failing = new();
    private readonly ConcurrentDictionary<string, long> commits = new(StringComparer.Ordinal);

    /// <summary>Records that one or more events of a handler were committed.</summary>
    public void Committed(string handler) => commits.AddOrUpdate(handler, 1, static (_, before) => before + 1);

    /// <summary>Whether the event is to be handled again without using up an attempt.</summary>
    /// <param name="handler">The handler, as in <see cref="Committed"/>.</param>
    /// <param name="eventId">The event.</param>
    /// <param name="history">Its earlier failures of this kind, to which this one is added.</param>
    /// <param name="failure">The failure.</param>
    public bool Tolerates(string handler, Guid eventId, TransientHistory history, StoreFailure failure)
    {
        var committed = commits.GetValueOrDefault(handler);
        var first = history.First ??= (Stopwatch.GetTimestamp(), committed);
        if (failure != StoreFailure.ConnectionLost && committed == first.Commits && !failing.ContainsKey(eventId))
            return Stopwatch.GetElapsedTime(first.At) <= MaxDuration;
        if (++history.Count <= MaxFailures)
            return true;

        if (failing.Count >= MaxTracked)
            failing.Clear();
        failing[eventId] = true;
        return false;
    }
}

/// <summary>The failures of one event that may be the store's.</summary>
internal sealed class TransientHistory
{
    /// <summary>The number of failures after other events of its handler had been committed.</summary>
    public int Count { get; set; }

    /// <summary>When the first failure occurred, and how many events of its handler had been committed by then.</summary>
    public (long At, long Commits)? First { get; set; }
}
