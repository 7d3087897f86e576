namespace TaskPlatform.EventBus;

/// <summary>One consumer of a group: receives events, has workers handle them, renews its claims, and claims what dead consumers left.</summary>
internal sealed class Consumer(
    ConsumerGroup group, IReceiver receiver, KeyedQueue queue, WorkerPool workers, Settler settler, EventBusOptions options, BackgroundLoops loops)
{
    /// <summary>Claims are renewed this many times before they could expire.</summary>
    private const int RenewalsPerClaim = 3;

    /// <summary>Runs until the process stops, then drains.</summary>
    public async Task RunAsync(CancellationToken stoppingToken)
    {
        using var abort = new CancellationTokenSource();
        using var stopWorkers = new CancellationTokenSource();
        var handling = workers.RunAsync(stopWorkers.Token, abort.Token);
        var feeding = Task.WhenAll(
            loops.RunAsync($"{group.Name} reading", ReceiveOnceAsync, TimeSpan.Zero, stoppingToken),
            loops.RunAsync($"{group.Name} claiming", ClaimOnceAsync, options.ClaimInterval, stoppingToken),
            RenewAsync(stoppingToken),
            StopReceivingAsync(stoppingToken));
        if (await Task.WhenAny(feeding, handling) == handling)
            await handling; // Workers end before the stop only because of a bug; the exception ends the process.

        // Nothing is received any more. What runs may finish; the rest goes to other consumers.
        stopWorkers.Cancel();
        queue.Complete();
        abort.CancelAfter(options.DrainTimeout);
        var renewing = RenewAsync(abort.Token);
        await handling;
        abort.Cancel();
        await renewing;
        await loops.TryOnceAsync($"{group.Name} releasing", () => receiver.ReleaseAsync(Positions()));
        await receiver.DisposeAsync();
    }

    private async Task ReceiveOnceAsync(CancellationToken stoppingToken)
    {
        await queue.WaitForRoomAsync(Math.Min(group.EventTypes.Count, options.Prefetch), stoppingToken);
        Enqueue(await receiver.ReceiveAsync(queue.Free, stoppingToken));
    }

    /// <summary>Settles what was refused before, then claims as much as there is room for.</summary>
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
        $"{group.Name} renewing",
        async token =>
        {
            foreach (var lost in await receiver.RenewAsync(Positions(), token))
                queue.Find(lost)?.LoseClaim();
        },
        options.ClaimIdle / RenewalsPerClaim,
        stoppingToken);

    private async Task StopReceivingAsync(CancellationToken stoppingToken)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await loops.TryOnceAsync($"{group.Name} stopping", receiver.StopReceivingAsync); // Else the read ends by itself a little later.
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
