namespace TaskPlatform.EventBus;

/// <summary>One consumer of a group: receives events for the workers, renews its claims, and claims the events of dead consumers.</summary>
internal sealed class Consumer(
    ConsumerGroup group, IReceiver receiver, KeyedQueue queue, WorkerPool workers, Settler settler, SequenceRunner? sequences, EventBusOptions options, BackgroundLoops loops)
{
    /// <summary>The number of renewals within the time after which a claim expires.</summary>
    private const int RenewalsPerClaim = 3;

    /// <summary>Runs until the process stops, then drains.</summary>
    public async Task RunAsync(CancellationToken stoppingToken)
    {
        using var abort = new CancellationTokenSource();
        using var stopWorkers = new CancellationTokenSource();
        var handling = workers.RunAsync(stopWorkers.Token, abort.Token);
        var feeding = Task.WhenAll(
            loops.RunAsync(new($"{group.Name} reading") { HasHeartbeat = true }, ReceiveOnceAsync, stoppingToken),
            loops.RunAsync(new($"{group.Name} claiming") { Interval = options.ClaimInterval }, ClaimOnceAsync, stoppingToken),
            RenewAsync(stoppingToken),
            BalanceAsync(stoppingToken),
            RunSequencesAsync(stoppingToken),
            StopReceivingAsync(stoppingToken));
        if (await Task.WhenAny(feeding, handling) == handling)
            await handling; // Workers end early only because of a bug; the exception stops the process.

        // No more events are received. Running handlers may finish; the remaining events are released to other consumers.
        stopWorkers.Cancel();
        queue.Complete();
        abort.CancelAfter(options.DrainTimeout);
        var renewing = Task.WhenAll(RenewAsync(abort.Token), BalanceAsync(abort.Token));
        await handling;
        var unstarted = abort.IsCancellationRequested ? queue.Waiting : queue.Held;
        abort.Cancel();
        await renewing;
        var started = queue.Held.Except(unstarted).Select(delivery => new ReleasedEvent(delivery.Position, WasStarted: true));
        await loops.TryOnceAsync($"{group.Name} releasing", () => receiver.ReleaseAsync(
            [.. unstarted.Select(delivery => new ReleasedEvent(delivery.Position, WasStarted: false)), .. started]));
        await receiver.DisposeAsync();
    }

    private async Task ReceiveOnceAsync(CancellationToken stoppingToken)
    {
        await queue.WaitForRoomAsync(Math.Min(group.Channels.Count, queue.Capacity), stoppingToken);
        var received = await receiver.ReceiveAsync(queue.Free, stoppingToken);
        EventBusTelemetry.CountReceived(group, received);
        Enqueue(received);
    }

    /// <summary>Settles events whose settlement was refused before, then claims as many events as the queue has capacity for.</summary>
    private async Task ClaimOnceAsync(CancellationToken stoppingToken)
    {
        await settler.SettleRefusedAsync(stoppingToken);
        ClaimedEvents claimed;
        do
        {
            claimed = await receiver.ClaimAsync(queue.Free, stoppingToken);
            Enqueue(claimed.Events);
        }
        while (claimed.HasMore && queue.Free > 0);
    }

    private Task RenewAsync(CancellationToken stoppingToken) => loops.RunAsync(
        new($"{group.Name} renewing") { Interval = options.ClaimIdle / RenewalsPerClaim },
        async token =>
        {
            foreach (var lost in await receiver.RenewAsync(Positions(), token))
                queue.LoseClaim(lost);
        },
        stoppingToken);

    /// <summary>Gives each channel of the group one owner, where the order matters.</summary>
    private Task BalanceAsync(CancellationToken stoppingToken) => group.Ordering == EventOrdering.Strict
        ? loops.RunAsync(new($"{group.Name} leasing") { Signal = receiver.Unbalanced }, receiver.BalanceAsync, stoppingToken)
        : Task.CompletedTask;

    private Task RunSequencesAsync(CancellationToken stoppingToken) => sequences is null
        ? Task.CompletedTask
        : loops.RunAsync(new($"{group.Name} sequences") { Signal = sequences.Changed }, sequences.RunOnceAsync, stoppingToken);

    private async Task StopReceivingAsync(CancellationToken stoppingToken)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await loops.TryOnceAsync($"{group.Name} stopping", receiver.StopReceivingAsync); // If this fails, the blocking read times out shortly after.
    }

    private void Enqueue(IReadOnlyList<ReceivedEvent> received)
    {
        var deliveries = new Delivery[received.Count];
        for (var i = 0; i < deliveries.Length; i++)
            deliveries[i] = Delivery.Parse(received[i], options.MaxEventBytes);
        queue.Add(deliveries);
    }

    private List<EventPosition> Positions() => [.. queue.Held.Select(delivery => delivery.Position)];
}
