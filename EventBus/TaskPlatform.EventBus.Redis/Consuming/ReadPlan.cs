namespace TaskPlatform.EventBus.Redis;

/// <summary>
/// Which streams the next read asks, and for how many entries of each: XREADGROUP's COUNT is for each stream, so the room is shared
/// out evenly. But where few streams have more than their share, every other read asks those alone: one hot stream among ten
/// gets at its backlog with the whole room, and none of the others waits for longer than one read that does not block.
/// </summary>
internal sealed class ReadPlan
{
    private IReadOnlyList<string> hot = [];
    private bool isHotTurn;

    /// <summary>Whether some stream had as much as it was asked for.</summary>
    public bool ExpectsMore => hot.Count > 0;

    /// <summary>What to ask for.</summary>
    /// <param name="streams">All that can be read; at least one.</param>
    public ReadRequest Next(IReadOnlyList<string> streams)
    {
        isHotTurn = !isHotTurn && hot.Count > 0 && hot.Count < streams.Count && hot.All(streams.Contains);
        return isHotTurn ? new ReadRequest(hot, Wait: false) : new ReadRequest(streams, Wait: true);
    }

    /// <summary>Notes which streams may have more than they were asked for.</summary>
    public void Learn(IReadOnlyList<string> full) => hot = full;
}

/// <summary>A read of streams.</summary>
/// <param name="Streams">Which.</param>
/// <param name="Wait">Whether to wait where none of them has anything new.</param>
internal sealed record ReadRequest(IReadOnlyList<string> Streams, bool Wait)
{
    /// <summary>How many entries of each there is room for.</summary>
    public int Count(int room) => Math.Max(1, room / Streams.Count);
}
