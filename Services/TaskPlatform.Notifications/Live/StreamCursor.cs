using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace TaskPlatform.Notifications.Live;

/// <summary>A stream's progress; also the event id, which the client sends when it reconnects.</summary>
/// <remarks>
/// A position isn't enough: transactions commit in a different order than they take positions, so a row with a lower position may
/// still become visible. A snapshot identifies exactly the visible rows, without locking writers.
/// </remarks>
/// <param name="Sent">A snapshot whose visible rows were all sent.</param>
/// <param name="Sending">A later snapshot whose rows were sent up to a position; null between two polls.</param>
/// <param name="Position">That position.</param>
internal sealed record StreamCursor(Snapshot Sent, Snapshot? Sending = null, long Position = 0)
{
    private const char Separator = '~';

    /// <summary>Parses a <c>Last-Event-ID</c>.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out StreamCursor? cursor)
    {
        cursor = text?.Split(Separator) switch
        {
            [var sent] when Snapshot.Parse(sent) is { } all => new StreamCursor(all),
            [var sent, var sending, var position] when Snapshot.Parse(sent) is { } before && Snapshot.Parse(sending) is { } now
                && long.TryParse(position, NumberStyles.None, CultureInfo.InvariantCulture, out var at) => new StreamCursor(before, now, at),
            _ => null,
        };
        return cursor is not null;
    }

    public override string ToString() => Sending is null
        ? Sent.Text
        : string.Create(CultureInfo.InvariantCulture, $"{Sent.Text}{Separator}{Sending.Text}{Separator}{Position}");
}
