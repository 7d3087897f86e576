using System.Diagnostics;

namespace TaskPlatform.EventBus.Postgres;

/// <summary>
/// Which events were published again lately. One that is missing once more waits, each time twice as long: where another program goes on trimming
/// a stream, an event may be handled and gone before this can be known. But it is published again in the end, as its group may not have had it.
/// </summary>
internal sealed class Republications
{
    private const int Capacity = 100_000;
    private static readonly TimeSpan InitialDelay = TimeSpan.FromSeconds(5);

    private readonly Dictionary<long, (int Count, long At)> done = [];
    private readonly Dictionary<long, bool> postponed = [];

    /// <summary>Notes that the row's event is missing.</summary>
    /// <param name="row">The row.</param>
    /// <param name="certain">Whether a group lacks the event though its entry is there: an entry of a retry is what is missing.</param>
    /// <returns>Whether it is to be published again now; else later.</returns>
    public bool TryStart(long row, bool certain)
    {
        if (!IsDue(row))
        {
            postponed[row] = certain || postponed.GetValueOrDefault(row);
            return false;
        }

        postponed.Remove(row);
        done[row] = (done.GetValueOrDefault(row).Count + 1, Stopwatch.GetTimestamp());
        return true;
    }

    /// <summary>The rows whose wait is over, and whether they are certain to be missing.</summary>
    public Dictionary<long, bool> Due()
    {
        if (done.Count > Capacity)
            RemoveOldest();
        return postponed.Where(row => IsDue(row.Key)).ToDictionary();
    }

    /// <summary>Rows that were due are published again, or there after all: they wait no more.</summary>
    public void Settle(IEnumerable<long> rows)
    {
        foreach (var row in rows)
            postponed.Remove(row);
    }

    /// <summary>Whatever is missing is published again at once.</summary>
    public void Clear()
    {
        done.Clear();
        postponed.Clear();
    }

    private bool IsDue(long row) => !done.TryGetValue(row, out var last) || Stopwatch.GetElapsedTime(last.At) >= DelayAfter(last.Count);

    private static TimeSpan DelayAfter(int count) => InitialDelay * Math.Pow(2, Math.Min(count, 20) - 1);

    /// <summary>Forgets the older half, those that wait excepted.</summary>
    private void RemoveOldest()
    {
        var old = done.Where(row => !postponed.ContainsKey(row.Key)).OrderBy(row => row.Value.At).Take(Capacity / 2).Select(row => row.Key).ToList();
        foreach (var row in old)
            done.Remove(row);
    }
}
