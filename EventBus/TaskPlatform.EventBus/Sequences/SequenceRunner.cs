namespace TaskPlatform.EventBus;

/// <summary>
/// Handles the heads of an ordered group's sequences when their retries are due, and then the events that waited for them, in order. The process that owns the
/// channel of an event does so.
/// </summary>
internal sealed class SequenceRunner(
    ConsumerGroup group, GroupSequences sequences, BatchProcessor processor, IReceiver receiver, ChannelHandling handling, int concurrency, EventBusOptions options)
{
    private const int MaxHeads = 100;

    /// <summary>How often the store is polled, in case another process has parked a head.</summary>
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(5);

    public CoalescedSignal Changed => sequences.Changed;

    /// <summary>Handles the heads that are due.</summary>
    /// <returns>The time until the next one is due.</returns>
    public async Task<TimeSpan> RunOnceAsync(CancellationToken stoppingToken)
    {
        var due = await sequences.Store.FindDueAsync(group.Name, MaxHeads, stoppingToken);
        var own = due.Heads.Where(head => IsOwn(head.Position.Channel)).ToList();
        await Parallel.ForEachAsync(
            own, new ParallelOptions { MaxDegreeOfParallelism = concurrency, CancellationToken = stoppingToken },
            async (head, cancellationToken) => await RunAsync(head, cancellationToken));
        if (own.Count == MaxHeads)
            return TimeSpan.Zero;
        return due.UntilNext is { } next && next < PollInterval ? next : PollInterval;
    }

    /// <summary>Handles a head, and the events behind it, until one fails.</summary>
    private async Task RunAsync(ParkedEvent head, CancellationToken stoppingToken)
    {
        for (var next = head; next is not null && IsOwn(next.Position.Channel);)
        {
            if (await sequences.Store.CountDeliveryAsync(next, stoppingToken) is not { } earlier)
                return;
            var delivery = Delivery.Parse(new ReceivedEvent(next.Position, next.Fields, earlier), options.MaxEventBytes);
            var batch = new EventBatch([delivery], channel => !IsOwn(channel), isHead: true);
            await processor.ProcessAsync(batch, stoppingToken, stoppingToken);

            var outcome = batch.Events[0].Outcome;
            if (outcome.Kind == OutcomeKind.DeadLetter)
            {
                // In this order, both repeatable: if the process dies between them, the head is due again.
                await receiver.AddDeadLetterAsync(delivery.Position, outcome.ToDeadLetter(delivery, group.Name), stoppingToken);
                await sequences.Store.HoldAsync(next with { State = ParkedState.DeadLettered }, TimeSpan.Zero, stoppingToken);
            }

            if (outcome.Kind is not (OutcomeKind.Handled or OutcomeKind.Skipped))
                return;
            next = await sequences.Store.AdvanceAsync(next.Sequence, next.EventId, stoppingToken);
        }
    }

    /// <summary>An event of a channel that the group does not read any more belongs to the owner of its first one.</summary>
    private bool IsOwn(string channel) => handling.IsOwned(group.Channels.Contains(channel) ? channel : group.Channels.First());
}
