using System.Diagnostics;

namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>How a stream has changed between two checks.</summary>
internal enum StreamChange
{
    /// <summary>Only the bus itself has changed it.</summary>
    None,

    /// <summary>Other clients removed entries. The groups are the same, so their positions at the previous check are known.</summary>
    EntriesRemoved,

    /// <summary>It was recreated, or may have been; the progress of its groups is unknown.</summary>
    Recreated,
}

/// <summary>
/// Compares each stream with the previous check. A group's position alone does not show what the group has read: it skips removed entries as
/// soon as the group reads the next one. But entries before its position at a check that found nothing removed have been read.
/// </summary>
internal sealed class StreamWatch
{
    /// <summary>After verifying a stream, pause its verification for this multiple of the time taken, to leave time for publishing…</summary>
    private const int PauseFactor = 10;

    /// <summary>… up to this maximum, so that a loss is detected within 30 s.</summary>
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(15);

    private readonly Dictionary<string, StreamReading> readings = new(StringComparer.Ordinal);

    /// <summary>When each group was created, including groups that no longer exist: they may reappear on a different stream.</summary>
    private readonly Dictionary<(string Stream, string Group), string?> groups = [];
    private readonly Dictionary<string, (long Ended, TimeSpan Took)> verifications = new(StringComparer.Ordinal);

    /// <summary>The reading of the stream at the previous check; null if there was none.</summary>
    public StreamReading? Before(string stream) => readings.GetValueOrDefault(stream);

    /// <summary>Whether to skip the stream because it was verified recently. Its previous reading is kept.</summary>
    public bool IsPaused(string stream)
        => verifications.TryGetValue(stream, out var last)
            && Stopwatch.GetElapsedTime(last.Ended) < (PauseFactor * last.Took < MaxPause ? PauseFactor * last.Took : MaxPause);

    /// <summary>How the stream has changed since the previous check.</summary>
    /// <param name="now">The current reading.</param>
    /// <param name="sentinel">Whether an entry known to be in the stream still exists; null if no such entry is known.</param>
    public StreamChange Compare(StreamReading now, bool? sentinel)
    {
        if (Before(now.Stream) is not { } before)
            return sentinel == false ? StreamChange.Recreated : StreamChange.None;

        // Deleting a stream also deletes its groups and their pending entries.
        var isReplaced = (before.Exists && !now.Exists) || now.Groups.Any(
            group => groups.TryGetValue((now.Stream, group.Name), out var since) && since != group.Since);
        var isSame = before.Groups.Count > 0 && before.Groups.All(
            group => group.Since is not null && now.Groups.Any(other => other.Name == group.Name && other.Since == group.Since));
        if (sentinel != true && (isReplaced || (sentinel == false && !isSame)))
            return StreamChange.Recreated;
        return sentinel == false || now.Removed != before.Removed ? StreamChange.EntriesRemoved : StreamChange.None;
    }

    /// <summary>Stores the reading: every event published before it is in the stream or queued to be published again.</summary>
    public void Accept(StreamReading now)
    {
        readings[now.Stream] = now;
        foreach (var group in now.Groups)
            groups[(now.Stream, group.Name)] = group.Since;
    }

    /// <summary>Records the end of a verification and its duration.</summary>
    public void RecordVerification(string stream, long started)
        => verifications[stream] = (Stopwatch.GetTimestamp(), Stopwatch.GetElapsedTime(started));
}
