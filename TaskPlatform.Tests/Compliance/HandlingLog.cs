using TaskPlatform.EventBus;

namespace TaskPlatform.Tests.Compliance;

/// <summary>The channels that a consumer was given and lost. The test itself is what handles their events.</summary>
public sealed class HandlingLog : IChannelHandling
{
    private readonly Lock gate = new();
    private readonly List<string> owned = [];
    private readonly List<string> ended = [];
    private readonly List<string> aborted = [];

    /// <summary>Completes when the events of an ended channel are no longer handled. Default: at once.</summary>
    public Task Draining { get; set; } = Task.CompletedTask;

    /// <summary>What was received from an ended channel and not handled.</summary>
    public IReadOnlyList<EventPosition> Unhandled { get; set; } = [];

    /// <summary>The channels that it owns.</summary>
    public IReadOnlyList<string> Owned => Copy(owned);

    /// <summary>The channels that it had to hand over, in order.</summary>
    public IReadOnlyList<string> Ended => Copy(ended);

    /// <summary>The channels that another consumer had acquired before it knew.</summary>
    public IReadOnlyList<string> Aborted => Copy(aborted);

    /// <inheritdoc/>
    public void Begin(string channel)
    {
        lock (gate)
            owned.Add(channel);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<EventPosition>> EndAsync(string channel, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            owned.Remove(channel);
            ended.Add(channel);
        }

        await Draining;
        return [.. Unhandled.Where(position => position.Channel == channel)];
    }

    /// <inheritdoc/>
    public Task AbortAsync(string channel)
    {
        lock (gate)
        {
            owned.Remove(channel);
            aborted.Add(channel);
        }

        return Task.CompletedTask;
    }

    private List<string> Copy(List<string> list)
    {
        lock (gate)
            return [.. list];
    }
}
