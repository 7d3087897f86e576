using System.Globalization;

namespace TaskPlatform.Notifications.Live;

/// <summary>Which transactions a moment of the database shows: PostgreSQL's <c>pg_snapshot</c>, <c>xmin:xmax:xip,xip…</c>.</summary>
/// <param name="Text">As the database writes it.</param>
/// <param name="Xmax">No transaction from this id on had begun.</param>
internal sealed record Snapshot(string Text, ulong Xmax)
{
    // As many transactions as a server may well have open at a time.
    private const int MaxOpen = 1000;

    /// <summary>Reads one that may come from anywhere: what the database would refuse is refused here.</summary>
    public static Snapshot? Parse(string text)
    {
        if (text.Split(':') is not [var min, var max, var list] || Id(min) is not { } xmin || Id(max) is not { } xmax || xmin > xmax)
            return null;

        var open = list.Length == 0 ? [] : list.Split(',');
        if (open.Length > MaxOpen)
            return null;

        var before = xmin - 1;
        foreach (var item in open)
        {
            if (Id(item) is not { } id || id <= before || id >= xmax)
                return null;
            before = id;
        }

        return new Snapshot(text, xmax);
    }

    // Up to what a signed number holds: far beyond any real one, and what PostgreSQL reads the same way.
    private static ulong? Id(string text)
        => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id is > 0 and <= long.MaxValue ? id : null;
}
