using System.Collections.Concurrent;
using System.Diagnostics;

namespace TaskPlatform.EventBus;

/// <summary>
/// Decides how long a failure that looks like the store's is taken for the store's, although the store accepts other writes: a table may be
/// locked, or a row. But a handler whose statement always takes too long, or that breaks its own connection, is at fault itself.
/// </summary>
internal sealed class TransientFailures
{
    /// <summary>How often an event may fail after others of its type were committed, or lose a connection to a store that accepts writes.</summary>
    private const int MaxFailures = 3;

    /// <summary>How long an event may fail while no other of its type is committed.</summary>
    private static readonly TimeSpan MaxDuration = TimeSpan.FromMinutes(5);

    /// <summary>How many events at fault are remembered for their retries; then all are forgotten, and judged anew.</summary>
    private const int MaxRemembered = 10_000;

    private readonly ConcurrentDictionary<Guid, bool> atFault = new();
    private readonly ConcurrentDictionary<string, long> commits = new(StringComparer.Ordinal);

    /// <summary>One or more events of a type were committed.</summary>
    public void Committed(string eventType) => commits.AddOrUpdate(eventType, 1, static (_, before) => before + 1);

    /// <summary>Whether the event is to be tried again without spending an attempt.</summary>
    public bool Tolerates(Delivery delivery, StoreFailure failure)
    {
        var committed = commits.GetValueOrDefault(delivery.Envelope?.Type ?? "");
        var first = delivery.FirstTransientFailure ??= (Stopwatch.GetTimestamp(), committed);
        if (failure != StoreFailure.ConnectionLost && committed == first.Commits && !atFault.ContainsKey(delivery.EventId))
            return Stopwatch.GetElapsedTime(first.At) <= MaxDuration;
        if (++delivery.TransientFailures <= MaxFailures)
            return true;

        if (atFault.Count >= MaxRemembered)
            atFault.Clear();
        atFault[delivery.EventId] = true;
        return false;
    }
}
