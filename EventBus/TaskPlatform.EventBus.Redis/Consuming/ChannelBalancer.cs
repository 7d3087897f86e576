using Microsoft.Extensions.Logging;

namespace TaskPlatform.EventBus.Redis;

/// <summary>
/// Owns a share of the group's channels: acquires and renews their leases, and releases them when another process should have them. A channel is read
/// only between the two. Not thread-safe: one loop calls it.
/// </summary>
internal sealed partial class ChannelBalancer(
    ConsumerGroup group, ConsumerName consumer, ChannelLeases leases, TopologySwitch topology, ChannelReader reader, GroupStreams streams, IChannelHandling handling,
    EventBusOptions options, ILogger logger)
{
    private const int TurnsPerLease = 4;

    private readonly HashSet<string> owned = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Task> releasing = new(StringComparer.Ordinal);
    private volatile bool isStopping;

    /// <summary>Acquires nothing from now on.</summary>
    public void Stop() => isStopping = true;

    /// <summary>Renews the leases, and changes what this process owns to what it should own.</summary>
    /// <returns>The time until the next turn.</returns>
    public async Task<TimeSpan> BalanceAsync(CancellationToken cancellationToken)
    {
        await EndReleasesAsync();
        var state = await RenewAsync(cancellationToken);
        if (!isStopping)
            await ApplyAsync(state, cancellationToken);
        return options.LeaseDuration / TurnsPerLease;
    }

    /// <summary>Releases everything, when the process stops.</summary>
    /// <param name="unstarted">The entries on which no handler was started, by channel.</param>
    public async Task LeaveAsync(ILookup<string, string> unstarted)
    {
        await Task.WhenAll(releasing.Values);
        foreach (var channel in owned.Except(releasing.Keys))
            await streams.ReleaseChannelAsync(channel, unstarted[channel]);
        await leases.LeaveAsync();
    }

    /// <summary>
    /// Renews the leases of the channels that this process owns. If it can't read them, because its connection failed, they are not renewed, so that another
    /// process takes them over.
    /// </summary>
    private async Task<GroupLeases> RenewAsync(CancellationToken cancellationToken)
    {
        var readable = isStopping ? null : await topology.ReadableAsync(cancellationToken);
        var clientId = owned.Count > 0 ? await reader.ConnectAsync(cancellationToken) : 0;
        var state = await leases.CallAsync(
            [.. group.Channels.Union(owned).Select(channel => (channel, owned.Contains(channel) ? LeaseMode.Hold : LeaseMode.Look))], readable, clientId, cancellationToken);
        foreach (var channel in owned.Where(channel => state.Owners[channel] != consumer.Value && !releasing.ContainsKey(channel)).ToList())
            releasing[channel] = LoseAsync(channel);
        reader.Bind(clientId);
        return state;
    }

    private async Task ApplyAsync(GroupLeases state, CancellationToken cancellationToken)
    {
        var plan = ChannelAssignment.Of(state.Members, state.Owners.Where(owner => owner.Value.Length > 0).ToDictionary(StringComparer.Ordinal));
        foreach (var channel in owned.Where(channel => plan.GetValueOrDefault(channel) != consumer.Value && !releasing.ContainsKey(channel)))
            releasing[channel] = ReleaseAsync(channel);

        var wanted = plan.Where(target => target.Value == consumer.Value && !owned.Contains(target.Key)).Select(target => target.Key)
            .Where(channel => state.Owners.GetValueOrDefault(channel, "") is var owner && (owner.Length == 0 || owner == consumer.Value)).ToList();
        if (wanted.Count == 0)
            return;
        var clientId = await reader.ConnectAsync(cancellationToken); // First, so that a process that can't read acquires nothing.
        if (owned.Count > 0 && !reader.IsBoundTo(clientId))
            return; // It has just reconnected: the leases that it holds must name the new connection first.
        var acquired = await leases.CallAsync([.. wanted.Select(channel => (channel, LeaseMode.Acquire))], readable: null, clientId, cancellationToken);
        foreach (var channel in wanted.Where(channel => acquired.Owners[channel] == consumer.Value))
        {
            owned.Add(channel);
            handling.Begin(channel);
            reader.Add(channel);
            LogAcquired(group.Name, channel);
        }

        reader.Bind(clientId);
    }

    private async Task LoseAsync(string channel)
    {
        LogLost(group.Name, channel);
        await Task.WhenAll(handling.AbortAsync(channel), reader.RemoveAsync(channel));
    }

    /// <summary>Hands a channel over: what is running ends, the rest is released, then the lease. It is renewed until then.</summary>
    private async Task ReleaseAsync(string channel)
    {
        await reader.RemoveAsync(channel);
        var unstarted = await handling.EndAsync(channel, CancellationToken.None);
        await streams.ReleaseChannelAsync(channel, unstarted.Select(position => position.Id));
        LogReleased(group.Name, channel);
    }

    /// <summary>
    /// Throws what a release has thrown. The channel is no longer owned in any case: its lease expires. Until then it is not acquired again, because its events
    /// may still be held.
    /// </summary>
    private async Task EndReleasesAsync()
    {
        foreach (var (channel, release) in releasing.Where(one => one.Value.IsCompleted).ToList())
        {
            owned.Remove(channel);
            releasing.Remove(channel);
            await release;
        }
    }

    [LoggerMessage(LogLevel.Debug, "{Group} owns {Channel} in this process.")]
    private partial void LogAcquired(string group, string channel);

    [LoggerMessage(LogLevel.Debug, "{Group} has released {Channel} to another process.")]
    private partial void LogReleased(string group, string channel);

    [LoggerMessage(LogLevel.Warning, "{Group} lost {Channel} to another process, because its lease was not renewed in time. Nothing is written for the events that were not finished.")]
    private partial void LogLost(string group, string channel);
}
