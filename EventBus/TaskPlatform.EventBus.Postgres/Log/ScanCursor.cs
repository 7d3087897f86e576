namespace TaskPlatform.EventBus.Postgres;

/// <summary>
/// One walk along what waits, from the very first row, never from "the last id seen": ids commit out of order, and a gap may fill behind
/// it. Whoever fills one wakes the next pass. For the same reason it ends at the last row that there was when it began: what
/// is written after a gap was filled comes behind that, and so never overtakes it.
/// </summary>
internal sealed class ScanCursor
{
    /// <summary>Types whose events it leaves out, because Redis refused one: a later one must not go before it.</summary>
    public HashSet<string> Refused { get; } = new(StringComparer.Ordinal);

    /// <summary>How far it is.</summary>
    public long After { get; private set; }

    /// <summary>Where it ends; known from the first page on, which nothing is left out of.</summary>
    public long End { get; private set; } = long.MaxValue;

    public bool IsDone { get; set; }

    /// <summary>Whether it has come to a row that is published again on purpose, though its event is in its stream.</summary>
    public bool HasRequeued { get; set; }

    /// <summary>Goes on to a row, if it is not beyond it.</summary>
    public void AdvanceTo(long row) => After = Math.Max(After, row);

    public void AdvanceTo(long row, long end)
    {
        AdvanceTo(row);
        End = Math.Min(End, end);
    }
}
