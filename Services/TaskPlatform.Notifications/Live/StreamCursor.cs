using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace TaskPlatform.Notifications.Live;

/// <summary>How far a stream has got; the id of what it sends, with which a client comes back.</summary>
/// <remarks>
/// A position alone can't tell it: transactions commit in another order than that in which they took their positions, so
/// one below may still be on its way. A snapshot tells exactly which rows there were, without a lock on those who write.
/// </remarks>
/// <param name="Sent">Everything that this snapshot shows has been sent.</param>
/// <param name="Sending">Of what this later one shows, everything up to a position; null between two passes.</param>
/// <param name="Position">That position.</param>
internal sealed record StreamCursor(Snapshot Sent, Snapshot? Sending = null, long Position = 0)
{
    private const char Separator = '~';

    /// <summary>Reads a <c>Last-Event-ID</c>.</summary>
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
