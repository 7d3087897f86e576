namespace TaskPlatform.EventBus.InMemory;

/// <summary>A consumer of a group on an <see cref="InMemoryBroker"/>.</summary>
internal sealed partial class InMemoryReceiver(
    InMemoryBroker broker, ConsumerGroup group, IChannelHandling handling, ConsumerName consumer, EventBusOptions options) : IReceiver
{
    /// <summary>How long to wait for an event before the caller is given nothing.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(2);

    private readonly string name = consumer.Value;
    private readonly Queue<ReceivedEvent> taken = new();
    private bool hasReceived;
    private bool isStopped;

    public async Task<IReadOnlyList<ReceivedEvent>> ReceiveAsync(int max, CancellationToken cancellationToken)
    {
        for (var hasWaited = false; ; hasWaited = true)
        {
            Task changed;
            lock (broker.Gate)
            {
                var received = Receive(max);
                if (received.Count > 0 || hasWaited || isStopped || cancellationToken.IsCancellationRequested)
                    return received;
                changed = broker.Changed;
            }

            await changed.WaitAsync(MaxWait, broker.Clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public Task StopReceivingAsync()
    {
        lock (broker.Gate)
        {
            isStopped = true;
            broker.Pulse();
        }

        return Task.CompletedTask;
    }

    public Task<ClaimedEvents> ClaimAsync(int max, CancellationToken cancellationToken)
    {
        lock (broker.Gate)
        {
            var now = broker.Clock.GetTimestamp();
            var claimed = new List<ReceivedEvent>();
            foreach (var joined in JoinReadable())
            {
                foreach (var id in joined.Claimable(IsAbandoned).ToList())
                {
                    if (claimed.Count >= max)
                        return Task.FromResult(new ClaimedEvents(claimed, HasMore: max > 0));
                    claimed.Add(joined.Claim(id, name, now));
                }
            }

            return Task.FromResult(new ClaimedEvents(claimed, HasMore: false));
        }
    }

    public Task<bool> CountDeliveryAsync(EventPosition position, CancellationToken cancellationToken)
    {
        lock (broker.Gate)
        {
            if (!TryFind(position, out var joined, out var id) || !joined.IsOwnedBy(id, name))
                return Task.FromResult(false);
            joined.CountDelivery(id, broker.Clock.GetTimestamp());
            return Task.FromResult(true);
        }
    }

    public Task<IReadOnlyList<EventPosition>> RenewAsync(IReadOnlyCollection<EventPosition> held, CancellationToken cancellationToken)
    {
        lock (broker.Gate)
            return Task.FromResult<IReadOnlyList<EventPosition>>([.. held.Where(position => !TryAssign(position, name))]);
    }

    public Task<IReadOnlyList<SettleResult>> SettleAsync(IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken)
    {
        lock (broker.Gate)
        {
            var results = settlements.Select(settlement => new SettleResult(Settle(settlement))).ToList();
            broker.Pulse();
            return Task.FromResult<IReadOnlyList<SettleResult>>(results);
        }
    }

    public Task AddDeadLetterAsync(EventPosition position, DeadLetterRecord deadLetter, CancellationToken cancellationToken)
    {
        lock (broker.Gate)
            broker.DeadLetters.Add(deadLetter, position, name, broker.Clock.GetUtcNow());
        return Task.CompletedTask;
    }

    public async Task ReleaseAsync(IReadOnlyCollection<ReleasedEvent> held)
    {
        await Task.WhenAll(releasing.Values);
        lock (broker.Gate)
        {
            foreach (var one in held)
                Release(one.Position, one.WasStarted);
            foreach (var channel in owned)
                ReleaseChannel(channel, []);
            broker.Leases.Leave(group.Name, name);
            foreach (var joined in Join(group.Channels))
                joined.Consumers.Remove(name);
        }
    }

    public ValueTask DisposeAsync()
    {
        broker.Leases.Freed -= OnFreed;
        Unbalanced.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>What an earlier process of the same name left comes first, then what is new: an even share of each stream, and then as much as there is.</summary>
    private List<ReceivedEvent> Receive(int max)
    {
        broker.ForwardDueRetries();
        var groups = JoinReadable();
        if (!hasReceived && !IsLeased)
            groups.SelectMany(joined => joined.Owned(name)).ToList().ForEach(taken.Enqueue);
        hasReceived = true;
        var received = new List<ReceivedEvent>();
        while (received.Count < max && taken.TryDequeue(out var left))
            received.Add(left);
        if (received.Count > 0 || groups.Count == 0)
            return received;

        var now = broker.Clock.GetTimestamp();
        foreach (var share in (int[])[max / groups.Count, max])
        {
            foreach (var joined in groups)
                received.AddRange(joined.Read(name, Math.Min(share, max - received.Count), now));
        }

        return received;
    }

    private SettleStatus Settle(Settlement settlement)
    {
        if (!TryFind(settlement.Position, out var joined, out var id))
            return SettleStatus.NotOwned;

        var stream = broker.Find(settlement.Position.Channel)!;
        switch (settlement.Kind)
        {
            case SettlementKind.Complete:
                joined.Complete(id);
                return SettleStatus.Settled;
            case SettlementKind.Decline:
                if (!stream.Groups.ContainsKey(settlement.TargetGroup ?? ""))
                    return SettleStatus.UnknownGroup;
                joined.Complete(id);
                return SettleStatus.Settled;
        }

        if (!joined.IsOwnedBy(id, name))
            return SettleStatus.NotOwned;
        if (settlement.Kind == SettlementKind.Retry)
        {
            joined.Assign(id, ReservedConsumers.AwaitingRetry, broker.Clock.GetTimestamp());
            broker.Schedule(stream, group.Name, id, settlement.RetryAfter);
            return SettleStatus.Settled;
        }

        joined.Complete(id);
        return broker.DeadLetters.Add(settlement.DeadLetter!, settlement.Position, name, broker.Clock.GetUtcNow())
            ? SettleStatus.Settled
            : SettleStatus.NotOwned;
    }

    private bool TryAssign(EventPosition position, string owner)
    {
        if (!TryFind(position, out var joined, out var id) || !joined.IsOwnedBy(id, name))
            return false;
        joined.Assign(id, owner, broker.Clock.GetTimestamp());
        return true;
    }

    private bool TryFind(EventPosition position, out StreamGroup joined, out EntryId id)
    {
        joined = broker.Find(position.Channel)?.Groups.GetValueOrDefault(group.Name)!;
        return EntryId.TryParse(position.Id, out id) && joined is not null;
    }

    private bool IsAbandoned(long touchedAt) => broker.Clock.GetElapsedTime(touchedAt) >= options.ClaimIdle;

    /// <summary>The group on the streams that this consumer reads. Another consumer may have acquired one since this one last balanced.</summary>
    private List<StreamGroup> JoinReadable() => Join(!IsLeased
        ? group.Channels
        : owned.Except(releasing.Keys).Where(channel => broker.Leases.IsOwnedBy(channel, group.Name, name)));

    /// <summary>The group on streams, with this consumer.</summary>
    private List<StreamGroup> Join(IEnumerable<string> channels)
    {
        var joined = channels.Select(channel => broker.StreamNamed(channel).Join(group.Name, broker.Clock.GetUtcNow())).ToList();
        joined.ForEach(one => one.Consumers[name] = broker.Clock.GetTimestamp());
        return joined;
    }
}
