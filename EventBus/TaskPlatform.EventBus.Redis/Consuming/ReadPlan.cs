namespace TaskPlatform.EventBus.Redis;

/// <summary>
/// Decides which streams the next read includes, and how many entries of each. XREADGROUP's COUNT applies per stream, so the free capacity is
/// divided evenly. If a few streams have more than their share, every other read covers only those: one hot stream among ten gets the full
/// capacity for its backlog, and the other streams wait for no more than one non-blocking read.
/// </summary>
internal sealed class ReadPlan
{
    private IReadOnlyList<string> hot = [];
    private bool isHotTurn;

    /// <summary>Whether some stream returned as many entries as requested.</summary>
    public bool ExpectsMore => hot.Count > 0;

    /// <summary>The next read.</summary>
    /// <param name="streams">The streams that can be read; at least one.</param>
    public ReadRequest Next(IReadOnlyList<string> streams)
    {
        isHotTurn = !isHotTurn && hot.Count > 0 && hot.Count < streams.Count && hot.All(streams.Contains);
        return isHotTurn ? new ReadRequest(hot, Wait: false) : new ReadRequest(streams, Wait: true);
    }

    /// <summary>Records the streams that may have more entries than were requested.</summary>
    public void Learn(IReadOnlyList<string> full) => hot = full;
}

/// <summary>A read of streams.</summary>
/// <param name="Streams">The streams to read.</param>
/// <param name="Wait">Whether to block if none of them has new entries.</param>
internal sealed record ReadRequest(IReadOnlyList<string> Streams, bool Wait)
{
    /// <summary>The number of entries to request per stream.</summary>
    public int Count(int room) => Math.Max(1, room / Streams.Count);
}
