using System.Diagnostics;

namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>One entry per channel that must still exist: the first one published since the last check, otherwise the newest known.</summary>
internal sealed class Sentinels
{
    private readonly Dictionary<string, Sentinel> probed = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Sentinel> newest = new(StringComparer.Ordinal);

    /// <summary>Whether something was published since the last check.</summary>
    public bool HasGrown { get; private set; }

    /// <summary>Records that an event was published as this entry.</summary>
    public void Add(string stream, string entryId)
    {
        var sentinel = new Sentinel(entryId, Stopwatch.GetTimestamp());
        newest[stream] = sentinel;
        probed.TryAdd(stream, sentinel);
        HasGrown = true;
    }

    /// <summary>Records an entry that was found, unless a newer one is known.</summary>
    /// <param name="stream">The channel.</param>
    /// <param name="entryId">The entry.</param>
    /// <param name="age">The time since its publication, in seconds.</param>
    public void AddFound(string stream, string entryId, double age)
        => newest.TryAdd(stream, new Sentinel(entryId, Stopwatch.GetTimestamp() - (long)(age * Stopwatch.Frequency)));

    /// <summary>The entries to probe, without those that may already be trimmed.</summary>
    public List<(string Stream, string EntryId)> Current(TimeSpan retention)
    {
        foreach (var (type, _) in probed.Where(known => Stopwatch.GetElapsedTime(known.Value.Since) > retention).ToList())
            probed.Remove(type);
        return [.. probed.Select(known => (known.Key, known.Value.EntryId))];
    }

    /// <summary>Chooses the entries of the next check.</summary>
    /// <param name="exists">Whether each probed entry exists.</param>
    /// <param name="skippedStreams">The channels that were not verified, and keep their entries.</param>
    public void Renew(IReadOnlyDictionary<string, bool> exists, IReadOnlySet<string> skippedStreams)
    {
        HasGrown = false;
        foreach (var (type, _) in exists.Where(sentinel => !sentinel.Value))
            newest.Remove(type);
        foreach (var type in probed.Keys.Where(type => !skippedStreams.Contains(type)).ToList())
            probed.Remove(type);
        foreach (var (type, sentinel) in newest)
            probed.TryAdd(type, sentinel);
    }

    private readonly record struct Sentinel(string EntryId, long Since);
}
