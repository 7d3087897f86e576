using System.Diagnostics;

namespace TaskPlatform.EventBus.Postgres;

/// <summary>What happened to a stream between two checks.</summary>
internal enum StreamChange
{
    /// <summary>Nothing but what the bus does itself.</summary>
    None,

    /// <summary>Entries were removed by others. The groups are the same, so what each had read by the check before is known.</summary>
    EntriesRemoved,

    /// <summary>It was made anew, or so it may be: nothing is known of what its groups had done.</summary>
    MadeAnew,
}

/// <summary>
/// Compares each stream with how it was at the check before. A group's position alone does not tell what the group has read: it passes over
/// what was removed as soon as the group reads the next entry. But whatever stood before it at a check when nothing had been removed was read.
/// </summary>
internal sealed class StreamWatch
{
    /// <summary>Publishing goes on meanwhile for so many times as long as the last verification of a stream took…</summary>
    private const int RestFactor = 10;

    /// <summary>… but not for longer: what is lost is noticed within 30 s.</summary>
    private static readonly TimeSpan MaxRest = TimeSpan.FromSeconds(15);

    private readonly Dictionary<string, StreamReading> readings = new(StringComparer.Ordinal);

    /// <summary>Since when each group is there; also of those that are not there any more, which may come back with another stream.</summary>
    private readonly Dictionary<(string EventType, string Group), string?> groups = [];
    private readonly Dictionary<string, (long Ended, TimeSpan Took)> verifications = new(StringComparer.Ordinal);

    /// <summary>The stream at the check before; null where there was none.</summary>
    public StreamReading? Before(string eventType) => readings.GetValueOrDefault(eventType);

    /// <summary>Whether the stream is to be left alone for now, since it was verified a moment ago. What it was like before stands until then.</summary>
    public bool IsResting(string eventType)
        => verifications.TryGetValue(eventType, out var last)
            && Stopwatch.GetElapsedTime(last.Ended) < (RestFactor * last.Took < MaxRest ? RestFactor * last.Took : MaxRest);

    /// <summary>What happened to a stream since the check before.</summary>
    /// <param name="now">The stream.</param>
    /// <param name="sentinel">Whether an entry that was in it is there still; null where none is known.</param>
    public StreamChange Compare(StreamReading now, bool? sentinel)
    {
        if (Before(now.EventType) is not { } before)
            return sentinel == false ? StreamChange.MadeAnew : StreamChange.None;

        // A stream that is deleted takes its groups with it, and what they had pending.
        var isAnother = (before.Exists && !now.Exists) || now.Groups.Any(
            group => groups.TryGetValue((now.EventType, group.Name), out var since) && since != group.Since);
        var isSame = before.Groups.Count > 0 && before.Groups.All(
            group => group.Since is not null && now.Groups.Any(other => other.Name == group.Name && other.Since == group.Since));
        if (sentinel != true && (isAnother || (sentinel == false && !isSame)))
            return StreamChange.MadeAnew;
        return sentinel == false || now.Removed != before.Removed ? StreamChange.EntriesRemoved : StreamChange.None;
    }

    /// <summary>All that had been published by now is in the stream, or waits to be published again.</summary>
    public void Accept(StreamReading now)
    {
        readings[now.EventType] = now;
        foreach (var group in now.Groups)
            groups[(now.EventType, group.Name)] = group.Since;
    }

    /// <summary>A stream was verified, which took from then on until now.</summary>
    public void Verified(string eventType, long started)
        => verifications[eventType] = (Stopwatch.GetTimestamp(), Stopwatch.GetElapsedTime(started));
}
