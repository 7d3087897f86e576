namespace TaskPlatform.EventBus.Redis;

/// <summary>Compares the positions of a replay, which are entry ids.</summary>
internal static class ReplayPositions
{
    /// <summary>The positions of a range of times. A new stream doesn't show what was published before it was created, so its range ends now.</summary>
    public static ReplayRange RangeOf(StreamDescription stream, DateTimeOffset? from, DateTimeOffset? to, DateTimeOffset now)
    {
        var last = EntryId.TryParse(stream.LastEntryId, out var known) && known.Milliseconds > 0 ? known : EntryId.Before(now);
        var upTo = to is { } end && EntryId.Before(end) < last ? EntryId.Before(end) : last;
        return new ReplayRange(EntryId.Before(from ?? DateTimeOffset.UnixEpoch).ToString(), upTo.ToString());
    }

    /// <summary>Whether a published event is in the requested range.</summary>
    public static bool Includes(LogReplay request, string entryId, DateTimeOffset occurredAt)
    {
        if (!EntryId.TryParse(entryId, out var entry))
            return false;

        var (after, upTo) = (EntryId.Parse(request.Replay.After), EntryId.Parse(request.Replay.UpTo));
        return (entry > after && entry <= upTo)
            || (request.Cutoff is { } cutoff && entry > EntryId.Parse(cutoff) && occurredAt > after.Time && occurredAt <= upTo.Time);
    }

    /// <summary>
    /// The last requested entry id that may be missing from the stream; null if an earlier entry exists. A stream that has all of its entries
    /// proves nothing, because it may have been recreated, for example on an emptied server. Only the log has the earlier events.
    /// </summary>
    /// <param name="replay">The replay.</param>
    /// <param name="first">The id of the stream's first entry; null or empty if it has none.</param>
    public static string? GapBefore(Replay replay, string? first)
    {
        var (after, upTo) = (EntryId.Parse(replay.After), EntryId.Parse(replay.UpTo));
        if (after >= upTo)
            return null;
        if (!EntryId.TryParse(first, out var start))
            return upTo.ToString();

        var lost = start.Previous();
        return lost <= after ? null : (lost < upTo ? lost : upTo).ToString();
    }

    /// <summary>Whether all positions of a request are entry ids.</summary>
    public static bool AreValid(LogReplay request)
        => EntryId.TryParse(request.Replay.After, out _) && EntryId.TryParse(request.Replay.UpTo, out _)
            && (request.Cutoff is null || EntryId.TryParse(request.Cutoff, out _));
}
