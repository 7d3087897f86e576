namespace TaskPlatform.EventBus.InMemory;

/// <content>Owns a share of the group's channels, where their order matters.</content>
internal sealed partial class InMemoryReceiver
{
    private const int TurnsPerLease = 8;

    private readonly HashSet<string> owned = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Task> releasing = new(StringComparer.Ordinal);
    private readonly HashSet<string> opened = new(StringComparer.Ordinal);
    private bool isSubscribed;

    public CoalescedSignal Unbalanced { get; } = new();

    private bool IsLeased => group.Ordering == EventOrdering.Strict;

    public async Task<TimeSpan> BalanceAsync(CancellationToken cancellationToken)
    {
        foreach (var (channel, release) in releasing.Where(one => one.Value.IsCompleted).ToList())
        {
            lock (broker.Gate)
            {
                owned.Remove(channel);
                releasing.Remove(channel);
            }

            await release;
        }

        lock (broker.Gate)
        {
            if (!isSubscribed)
                broker.Leases.Freed += OnFreed;
            isSubscribed = true;
            foreach (var channel in owned.Where(channel => !broker.Leases.Renew(channel, group.Name, name, options.LeaseDuration) && !releasing.ContainsKey(channel)).ToList())
            {
                releasing[channel] = AbortAsync(channel);
            }

            if (!isStopped)
                Apply();
        }

        return options.LeaseDuration / TurnsPerLease;
    }

    private void Apply()
    {
        var holders = group.Channels
            .Select(channel => (channel, owner: broker.Leases.OwnerOf(channel, group.Name)))
            .Where(one => one.owner is not null).ToDictionary(one => one.channel, one => one.owner!, StringComparer.Ordinal);
        var plan = ChannelAssignment.Of(broker.Leases.Join(group.Name, name, Readable(), options.LeaseDuration), holders);
        foreach (var channel in owned.Where(channel => plan.GetValueOrDefault(channel) != name && !releasing.ContainsKey(channel)).ToList())
            releasing[channel] = HandOverAsync(channel);
        foreach (var (channel, _) in plan.Where(target => target.Value == name && !owned.Contains(target.Key)))
        {
            if (!broker.Leases.TryAcquire(channel, group.Name, name, options.LeaseDuration))
                continue;
            owned.Add(channel);
            handling.Begin(channel);
            var joined = Join([channel])[0];
            foreach (var id in joined.Pending.Where(item => item.Value.Owner != ReservedConsumers.AwaitingRetry).Select(item => item.Key).ToList())
                taken.Enqueue(joined.Claim(id, name, broker.Clock.GetTimestamp()));
            broker.Pulse();
        }
    }

    /// <summary>
    /// While a topology is replaced, a new channel is read once something is on it, which shows that its publisher uses the new topology, and the group has finished
    /// the old channels of the same aggregates.
    /// </summary>
    private IReadOnlyCollection<string> Readable()
    {
        if (group.Topologies.Replaced is not { } replaced)
            return group.Channels;
        foreach (var types in group.EventTypes.GroupBy(EventEnvelope.AggregateTypeOf).Where(types => replaced.ChannelsOf(types).All(IsFinished)))
            opened.UnionWith(group.Topologies.Current.ChannelsOf(types).Where(channel => broker.Find(channel)?.Entries.Count > 0));
        return [.. replaced.ChannelsOf(group.EventTypes), .. opened];
    }

    private bool IsFinished(string channel)
    {
        if (broker.Find(channel) is not { Entries.Count: > 0 } stream)
            return true;
        return stream.Groups.TryGetValue(group.Name, out var joined) && joined.Lag == 0
            && joined.Pending.Values.All(item => item.Owner == ReservedConsumers.AwaitingRetry);
    }

    private async Task AbortAsync(string channel)
    {
        await Task.Yield(); // The caller is within the gate.
        await handling.AbortAsync(channel);
    }

    /// <summary>Ends the handling of a channel, and then releases it. Its lease is renewed until then.</summary>
    private async Task HandOverAsync(string channel)
    {
        await Task.Yield(); // The caller is within the gate.
        var unhandled = await handling.EndAsync(channel, CancellationToken.None);
        lock (broker.Gate)
            ReleaseChannel(channel, unhandled);
    }

    private void ReleaseChannel(string channel, IReadOnlyList<EventPosition> unstarted)
    {
        foreach (var position in unstarted)
            Release(position, wasStarted: false);
        var left = taken.Where(one => one.Position.Channel != channel).ToList();
        foreach (var one in taken.Where(one => one.Position.Channel == channel))
            Release(one.Position, wasStarted: false);
        taken.Clear();
        left.ForEach(taken.Enqueue);
        var joined = broker.StreamNamed(channel).Join(group.Name, broker.Clock.GetUtcNow());
        foreach (var id in joined.Pending.Where(item => item.Value.Owner == name).Select(item => item.Key).ToList())
            joined.Assign(id, ReservedConsumers.Released, broker.Clock.GetTimestamp());
        broker.Leases.Release(channel, group.Name, name);
        broker.Pulse();
    }

    private void Release(EventPosition position, bool wasStarted)
    {
        if (TryAssign(position, ReservedConsumers.Released) && !wasStarted && TryFind(position, out var joined, out var id))
            joined.Pending[id].Deliveries--;
    }

    private void OnFreed(string freed)
    {
        if (freed == group.Name)
            Unbalanced.Set();
    }
}
