using System.Globalization;

namespace TaskPlatform.Notifications.Live;

/// <summary>A snapshot of the database, which defines the visible transactions: PostgreSQL's <c>pg_snapshot</c>, <c>xmin:xmax:xip,xip…</c>.</summary>
/// <param name="Text">PostgreSQL's text form.</param>
/// <param name="Xmax">The first transaction id that had not been assigned yet.</param>
internal sealed record Snapshot(string Text, ulong Xmax)
{
    // More transactions than a server is likely to have open.
    private const int MaxOpen = 1000;

    /// <summary>Parses a snapshot from untrusted input; returns null for text that PostgreSQL would reject.</summary>
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

    // Limited to positive signed numbers, which is far beyond real ids, and which PostgreSQL parses in the same way.
    private static ulong? Id(string text)
        => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id is > 0 and <= long.MaxValue ? id : null;
}
