namespace TaskPlatform.EventBus;

/// <summary>
/// Runs the handlers of a group's events. Consecutive events share a transaction if their subscriptions allow it. If a run fails as a whole, it is
/// split until the failing event is alone, so that the other events are affected as little as possible.
/// </summary>
internal sealed class BatchProcessor(
    GroupHandlers handlers, DeliveryValidator validator, HandlerInvoker invoker, SharedRunner? shared, IsolatedRunner isolated,
    DeadLetterHandlerInvoker? deadLetterHandler, SequenceConclusions? sequences)
{
    /// <summary>Decides the outcome of every open event, in order.</summary>
    /// <param name="batch">The events to handle.</param>
    /// <param name="draining">Cancelled when the process stops: no further handlers are started, and the remaining events stay open.</param>
    /// <param name="cancellationToken">Cancelled when the time for running handlers is over.</param>
    /// <exception cref="StoreUnavailableException">The inbox's store is unavailable. Undecided events stay open.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; undecided events stay open.</exception>
    public async Task ProcessAsync(EventBatch batch, CancellationToken draining, CancellationToken cancellationToken)
    {
        using var watch = invoker.Watch(cancellationToken);
        try
        {
            BatchEvent? failed;
            do
            {
                failed = Begin(batch);
                foreach (var one in batch.Events.Where(one => one.Outcome.IsOpen && one.Delivery.IsSkip && one.Items.Count > 0))
                    one.Outcome = await isolated.SkipAsync(one, cancellationToken);
                var open = batch.OpenItems();
                while (open.Count > 0 && !draining.IsCancellationRequested)
                {
                    await HandleAsync(NextRun(open), watch, draining, cancellationToken);
                    RemoveDecided(open);
                }

                if (failed is not null)
                    await sequences!.HoldAsync(failed, cancellationToken);
            }
            while (failed is not null);
        }
        finally
        {
            batch.Conclude();
        }

        if (sequences is not null)
            await sequences.ConcludeAsync(batch, cancellationToken);
        foreach (var dead in batch.Events.Where(one => one.Outcome.Kind == OutcomeKind.DeadLetter))
            await (deadLetterHandler?.InvokeAsync(dead, watch, cancellationToken) ?? Task.CompletedTask);
        if (batch.Events.FirstOrDefault(one => one.Outcome.IsPostponed) is { } postponedEvent)
            throw new StoreUnavailableException(postponedEvent.Outcome.Error!);
    }

    /// <summary>Commits a test write to the group's store; throws if the store refuses it.</summary>
    public Task ProbeStoreAsync(CancellationToken cancellationToken) => shared?.ProbeStoreAsync(cancellationToken) ?? Task.CompletedTask;

    /// <summary>Prepares the calls of handlers to make; decides the events that need none.</summary>
    /// <returns>
    /// In an ordered group, the first event that failed without a handler: later ones are not prepared, because those of its aggregate have to wait.
    /// </returns>
    private BatchEvent? Begin(EventBatch batch)
    {
        foreach (var one in batch.Events)
        {
            if (!one.Outcome.IsOpen || one.Items.Count > 0)
                continue;
            if (validator.IsToSkip(one.Delivery))
            {
                one.Begin(payload: null, handlers.Find(one.Delivery.Envelope!.Type));
                continue;
            }

            one.Outcome = validator.Validate(one.Delivery, out var payload);
            if (one.Outcome.IsOpen)
                one.Begin(payload, handlers.Find(one.Delivery.Envelope!.Type));
            else if (sequences is not null && SequenceConclusions.HoldsBack(one))
                return one;
        }

        return null;
    }

    /// <summary>
    /// Leaves the calls that can be made next: not those that were decided or withdrawn, and not those behind a postponed one of the same aggregate.
    /// </summary>
    private static void RemoveDecided(List<WorkItem> open)
    {
        HashSet<(string, string, string)>? postponed = null;
        foreach (var item in open)
        {
            if (item.Outcome.IsPostponed)
                (postponed ??= []).Add(item.OrderingKey);
        }

        open.RemoveAll(item => !item.Outcome.IsOpen || item.IsWithdrawn || postponed?.Contains(item.OrderingKey) == true);
    }

    /// <summary>The first event, and the following ones that can share its transaction.</summary>
    private List<WorkItem> NextRun(List<WorkItem> open)
    {
        var unit = UnitOf(open[0]);
        var limit = unit switch
        {
            UnitOfWork.Batch => open.Count,
            UnitOfWork.Event => SharedRunner.MaxSavepoints,
            _ => 1,
        };
        return [.. open.Take(limit).TakeWhile(item => UnitOf(item) == unit)];
    }

    /// <summary>A retry or redelivery runs alone, because it may fail again.</summary>
    private UnitOfWork UnitOf(WorkItem item)
        => shared is null || item.RunsAlone || item.Delivery.Attempt > 0 || item.Delivery.EarlierDeliveries > 0
            ? UnitOfWork.Isolated
            : item.Handler.UnitOfWork;

    /// <summary>Handles a run; if it fails as a whole, handles its parts.</summary>
    private async Task HandleAsync(IReadOnlyList<WorkItem> run, HandlerWatch watch, CancellationToken draining, CancellationToken cancellationToken)
    {
        if (run.Count == 1 || shared is null)
        {
            await isolated.HandleAsync(run[0], watch, cancellationToken);
            return;
        }

        var attempt = new RunAttempt(run);
        if (await shared.TryHandleAsync(attempt, watch, draining, cancellationToken))
            return;
        foreach (var part in attempt.Parts().TakeWhile(_ => !draining.IsCancellationRequested))
        {
            await HandleAsync(part, watch, draining, cancellationToken);
            if (part.Any(item => item.Outcome.IsOpen))
                return; // Later events must not overtake it.
        }
    }
}
