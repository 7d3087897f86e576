namespace TaskPlatform.EventBus;

/// <summary>Begins and ends the handling of channels, by opening and closing them in the group's queue.</summary>
internal sealed class ChannelHandling(KeyedQueue queue, TimeSpan drainTimeout, TimeProvider clock) : IChannelHandling
{
    /// <summary>How long to wait for handlers that were cancelled; those that ignore it are abandoned earlier than that.</summary>
    private static readonly TimeSpan CancelTimeout = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private readonly HashSet<string> owned = new(StringComparer.Ordinal);

    /// <summary>Whether this process owns the channel. Only meaningful for a group whose channels have one owner at a time.</summary>
    public bool IsOwned(string channel)
    {
        lock (gate)
            return owned.Contains(channel);
    }

    public void Begin(string channel)
    {
        lock (gate)
            owned.Add(channel);
        queue.Open(channel);
    }

    public async Task<IReadOnlyList<EventPosition>> EndAsync(string channel, CancellationToken cancellationToken)
    {
        Disown(channel);
        queue.Close(channel, cancelsRunning: false);
        if (!await IsEmptyWithinAsync(drainTimeout, channel, cancellationToken))
        {
            queue.Close(channel, cancelsRunning: true);
            await IsEmptyWithinAsync(CancelTimeout, channel, CancellationToken.None);
        }

        return [.. queue.TakeUnhandled(channel).Select(delivery => delivery.Position)];
    }

    public async Task AbortAsync(string channel)
    {
        Disown(channel);
        queue.Close(channel, cancelsRunning: true);
        await IsEmptyWithinAsync(CancelTimeout, channel, CancellationToken.None);
        queue.TakeUnhandled(channel);
    }

    private void Disown(string channel)
    {
        lock (gate)
            owned.Remove(channel);
    }

    private async Task<bool> IsEmptyWithinAsync(TimeSpan limit, string channel, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await queue.WaitUntilEmptyAsync(channel, either.Token);
            return true;
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            return false;
        }
    }
}
