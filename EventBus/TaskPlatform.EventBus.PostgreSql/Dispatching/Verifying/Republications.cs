using System.Diagnostics;

namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>
/// Tracks the events that were published again recently. If one goes missing again, its delay doubles: while another program keeps trimming
/// a stream, an event may be handled and removed before that is detected. Each is eventually published again, as its group may lack it.
/// </summary>
internal sealed class Republications
{
    private const int Capacity = 100_000;
    private static readonly TimeSpan InitialDelay = TimeSpan.FromSeconds(5);

    private readonly Dictionary<long, (int Count, long At)> attempts = [];
    private readonly Dictionary<long, bool> postponed = [];

    /// <summary>Records that the row's event is missing.</summary>
    /// <param name="row">The row's id.</param>
    /// <param name="certain">Whether a group lacks the event even if its original entry exists, because the entry of a retry is missing.</param>
    /// <returns>True if it is to be published again now; false if it was postponed.</returns>
    public bool TryStart(long row, bool certain)
    {
        if (!IsDue(row))
        {
            postponed[row] = certain || postponed.GetValueOrDefault(row);
            return false;
        }

        postponed.Remove(row);
        attempts[row] = (attempts.GetValueOrDefault(row).Count + 1, Stopwatch.GetTimestamp());
        return true;
    }

    /// <summary>The postponed rows whose delay is over, and whether each is certain to be missing.</summary>
    public Dictionary<long, bool> Due()
    {
        if (attempts.Count > Capacity)
            RemoveOldest();
        return postponed.Where(row => IsDue(row.Key)).ToDictionary();
    }

    /// <summary>Removes postponed rows that have been published again or were found.</summary>
    public void Complete(IEnumerable<long> rows)
    {
        foreach (var row in rows)
            postponed.Remove(row);
    }

    /// <summary>Clears all delays.</summary>
    public void Clear()
    {
        attempts.Clear();
        postponed.Clear();
    }

    private bool IsDue(long row) => !attempts.TryGetValue(row, out var last) || Stopwatch.GetElapsedTime(last.At) >= DelayAfter(last.Count);

    private static TimeSpan DelayAfter(int count) => InitialDelay * Math.Pow(2, Math.Min(count, 20) - 1);

    /// <summary>Removes the older half, except for postponed rows.</summary>
    private void RemoveOldest()
    {
        var old = attempts.Where(row => !postponed.ContainsKey(row.Key)).OrderBy(row => row.Value.At).Take(Capacity / 2).Select(row => row.Key).ToList();
        foreach (var row in old)
            attempts.Remove(row);
    }
}
