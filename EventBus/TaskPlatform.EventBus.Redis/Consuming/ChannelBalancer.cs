using Microsoft.Extensions.Logging;

namespace TaskPlatform.EventBus.Redis;

/// <summary>
/// Owns a share of the group's channels: acquires and renews their leases, and releases them when another process should have them. A channel is read
/// only between the two. Not thread-safe: one loop calls it.
/// </summary>
internal sealed partial class ChannelBalancer(
    ConsumerGroup group, ConsumerName consumer, ChannelLeases leases, TopologySwitch topology, ChannelReaders readers, GroupStreams streams, IChannelHandling handling,
    EventBusOptions options, ILogger logger)
{
    private const int TurnsPerLease = 8;
    private static readonly TimeSpan MaxInterval = TimeSpan.FromSeconds(1);

    private readonly HashSet<string> owned = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Task> releasing = new(StringComparer.Ordinal);
    private volatile bool isStopping;

    private TimeSpan Interval => options.LeaseDuration / TurnsPerLease < MaxInterval ? options.LeaseDuration / TurnsPerLease : MaxInterval;

    /// <summary>Acquires nothing from now on.</summary>
    public void Stop() => isStopping = true;

    /// <summary>Renews the leases, and changes what this process owns to what it should own.</summary>
    /// <returns>The time until the next turn.</returns>
    public async Task<TimeSpan> BalanceAsync(CancellationToken cancellationToken)
    {
        await EndReleasesAsync();
        var owners = await RenewAsync(cancellationToken);
        if (isStopping)
            return Interval;

        var plan = ChannelAssignment.Of(await leases.JoinAsync(await topology.ReadableAsync(cancellationToken), cancellationToken), owners);
        foreach (var channel in owned.Where(channel => plan.GetValueOrDefault(channel) != consumer.Value && !releasing.ContainsKey(channel)))
            releasing[channel] = ReleaseAsync(channel);
        await AcquireAsync(
            plan.Where(target => target.Value == consumer.Value && !owned.Contains(target.Key)
                && owners.GetValueOrDefault(target.Key, consumer.Value) == consumer.Value).Select(target => target.Key),
            cancellationToken);
        return Interval;
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
    /// Renews the leases of the channels that this process owns. Those that it can't read, because its connection to their server failed, are not
    /// renewed, so that another process takes them over.
    /// </summary>
    /// <returns>The owner of each channel that has one.</returns>
    private async Task<Dictionary<string, string>> RenewAsync(CancellationToken cancellationToken)
    {
        var calls = group.Channels.Union(owned).GroupBy(readers.SlotOf).Select(async slot =>
        {
            var requests = slot.Select(channel => (channel, owned.Contains(channel) ? LeaseMode.Hold : LeaseMode.Look)).ToList();
            if (!slot.Any(owned.Contains))
                return await leases.CallAsync(requests, clientId: 0, cancellationToken);
            var reader = readers.ReaderOf(slot.First());
            var clientId = await reader.ConnectAsync(cancellationToken);
            var answers = await leases.CallAsync(requests, clientId, cancellationToken);
            reader.Bind(clientId);
            return answers;
        }).ToList();
        await Task.WhenAll(calls.Cast<Task>()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // Each slot counts on its own; failures are thrown below.

        var owners = calls.Where(call => call.IsCompletedSuccessfully).SelectMany(call => call.Result).ToDictionary(StringComparer.Ordinal);
        foreach (var channel in owned.Where(channel => owners.GetValueOrDefault(channel, consumer.Value) != consumer.Value && !releasing.ContainsKey(channel)).ToList())
            releasing[channel] = LoseAsync(channel);
        await Task.WhenAll(calls);
        return owners.Where(owner => owner.Value.Length > 0).ToDictionary(StringComparer.Ordinal);
    }

    private async Task AcquireAsync(IEnumerable<string> wanted, CancellationToken cancellationToken)
    {
        foreach (var slot in wanted.GroupBy(readers.SlotOf))
        {
            var reader = readers.ReaderOf(slot.First());
            var clientId = await reader.ConnectAsync(cancellationToken); // First, so that a process that can't read acquires nothing.
            if (!reader.IsBoundTo(clientId) && owned.Any(channel => readers.SlotOf(channel) == slot.Key))
                continue; // It has just reconnected: the leases that it holds must name the new connection first.
            foreach (var (channel, owner) in await leases.CallAsync([.. slot.Select(channel => (channel, LeaseMode.Acquire))], clientId, cancellationToken))
            {
                if (owner != consumer.Value)
                    continue;
                owned.Add(channel);
                handling.Begin(channel);
                readers.Add(channel);
                LogAcquired(group.Name, channel);
            }

            reader.Bind(clientId);
        }
    }

    private async Task LoseAsync(string channel)
    {
        LogLost(group.Name, channel);
        await Task.WhenAll(handling.AbortAsync(channel), readers.RemoveAsync(channel));
    }

    /// <summary>Hands a channel over: what is running ends, the rest is released, then the lease. It is renewed until then.</summary>
    private async Task ReleaseAsync(string channel)
    {
        await readers.RemoveAsync(channel);
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
