using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace TaskPlatform.EventBus;

/// <summary>
/// Runs the handlers of a group. Consecutive events share a transaction if their subscriptions allow it. If a run fails as a whole, it is
/// split until the failing event is alone, so that the other events are affected as little as possible.
/// </summary>
internal sealed class BatchProcessor(
    ConsumerGroup group, IInbox? inbox, DeadLetterHandlerInvoker? deadLetterHandler, DeliveryValidator validator, HandlerInvoker invoker,
    FailureClassifier failures, IServiceScopeFactory scopes)
{
    /// <summary>The maximum number of savepoints per transaction. Postgres caches 64 subtransactions; more would slow other sessions down.</summary>
    private const int MaxSavepoints = 60;

    /// <summary>The number of times that an event is handled again immediately after a concurrency conflict.</summary>
    private const int MaxConflicts = 5;

    /// <summary>The time after which a transaction accepts no further events; the rest of the run continues in the next one.</summary>
    private static readonly TimeSpan MaxDuration = TimeSpan.FromSeconds(1);

    /// <summary>Decides the outcome of every open delivery, in order.</summary>
    /// <param name="batch">The deliveries to handle.</param>
    /// <param name="draining">Cancelled when the process stops: no further handlers are started, and the remaining deliveries stay open.</param>
    /// <param name="cancellationToken">Cancelled when the time for running handlers is over.</param>
    /// <exception cref="StoreUnavailableException">The inbox's store is unavailable. Undecided deliveries stay open.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; undecided deliveries stay open.</exception>
    public async Task ProcessAsync(IReadOnlyList<Delivery> batch, CancellationToken draining, CancellationToken cancellationToken)
    {
        using var watch = invoker.Watch(cancellationToken);
        var open = batch.Where(delivery => delivery.Outcome == Outcome.Open && validator.Validate(delivery)).ToList();
        open.ForEach(delivery => delivery.Postponed = null);
        while (open.Count > 0 && !draining.IsCancellationRequested)
        {
            await HandleAsync(NextRun(open), watch, draining, cancellationToken);
            var postponed = open.Where(delivery => delivery.Postponed is not null).Select(delivery => delivery.OrderingKey).ToHashSet();
            open.RemoveAll(delivery => delivery.Outcome != Outcome.Open || postponed.Contains(delivery.OrderingKey));
        }

        foreach (var dead in batch.Where(delivery => delivery.Outcome == Outcome.DeadLetter))
            await (deadLetterHandler?.InvokeAsync(dead, watch, cancellationToken) ?? Task.CompletedTask);
        if (batch.FirstOrDefault(delivery => delivery is { Outcome: Outcome.Open, Postponed: not null }) is { } postponedDelivery)
            throw new StoreUnavailableException(postponedDelivery.Postponed!);
    }

    /// <summary>Commits a test write to the group's store; throws if the store refuses it.</summary>
    public Task ProbeStoreAsync(CancellationToken cancellationToken) => inbox?.ProbeAsync(cancellationToken) ?? Task.CompletedTask;

    /// <summary>The first event, and the following ones that can share its transaction.</summary>
    private List<Delivery> NextRun(List<Delivery> open)
    {
        var unit = UnitOf(open[0]);
        var limit = unit switch
        {
            UnitOfWork.Batch => open.Count,
            UnitOfWork.Event => MaxSavepoints,
            _ => 1,
        };
        return [.. open.Take(limit).TakeWhile(delivery => UnitOf(delivery) == unit)];
    }

    /// <summary>A retry or redelivery runs alone, because it may fail again.</summary>
    private UnitOfWork UnitOf(Delivery delivery)
        => inbox is null || delivery.RunsAlone || delivery.Attempt > 0 || delivery.EarlierDeliveries > 0
            ? UnitOfWork.Isolated
            : group.Find(delivery.Envelope!.Type)!.UnitOfWork;

    /// <summary>Handles a run; if it fails as a whole, handles its parts.</summary>
    private async Task HandleAsync(
        IReadOnlyList<Delivery> run, HandlerWatch watch, CancellationToken draining, CancellationToken cancellationToken)
    {
        if (run.Count == 1 || inbox is null)
        {
            await HandleAloneAsync(run[0], watch, cancellationToken);
            return;
        }

        var attempt = new RunAttempt(run);
        if (await TryTogetherAsync(inbox, attempt, watch, draining, cancellationToken))
            return;
        foreach (var part in attempt.Parts().TakeWhile(_ => !draining.IsCancellationRequested))
        {
            await HandleAsync(part, watch, draining, cancellationToken);
            if (part.Any(delivery => delivery.Outcome == Outcome.Open))
                return; // Later events must not overtake it.
        }
    }

    /// <summary>Handles the run in one transaction, or only its first part if that takes long.</summary>
    /// <returns>False, with all deliveries undecided, if the transaction failed.</returns>
    private async Task<bool> TryTogetherAsync(
        IInbox inbox, RunAttempt attempt, HandlerWatch watch, CancellationToken draining, CancellationToken cancellationToken)
    {
        using var span = EventSpans.Batch(attempt.Run, group);
        try
        {
            var isCommitted = false;
            await watch.RunAsync(async timer => isCommitted = await RunTogetherAsync(inbox, attempt, timer, draining, cancellationToken));
            if (!isCommitted)
                return false;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e)
        {
            span.Fail(e); // Only traced: the events are handled again in smaller runs, until the failing one is alone.
            if (inbox.Classify(e) is (StoreFailure.Unavailable or StoreFailure.ConnectionLost) && !await inbox.AcceptsWritesAsync(cancellationToken))
                throw new StoreUnavailableException(e);
            if (e is HandlerTimeoutException)
                await failures.ClassifyAsync(attempt.Running!, e, cancellationToken); // Handling it alone would take as long again.
            return false;
        }

        await DecideAsync(attempt, cancellationToken);
        return true;
    }

    /// <returns>False, without any write, if another consumer has handled one of the events meanwhile.</returns>
    private async Task<bool> RunTogetherAsync(
        IInbox inbox, RunAttempt attempt, HandlerTimer timer, CancellationToken draining, CancellationToken cancellationToken)
    {
        var run = attempt.Run;
        await using var scope = scopes.CreateAsyncScope();
        var ids = run.Select(d => d.EventId).Distinct().ToList();
        await using var transaction = await inbox.BeginAsync(scope.ServiceProvider, group.Name, ids, cancellationToken);
        timer.Transaction = transaction;

        var started = Stopwatch.GetTimestamp();
        var inBatch = UnitOf(run[0]) == UnitOfWork.Batch;
        foreach (var delivery in run)
        {
            if (attempt.HasBegun && (draining.IsCancellationRequested || timer.IsSpent || Stopwatch.GetElapsedTime(started) > MaxDuration))
                break;

            if (attempt.IsLeft(delivery))
                continue;

            // The same event may be in a stream twice, if its publisher died before it could mark the event as published.
            if (transaction.Handled.Contains(delivery.EventId) || !attempt.Begin(delivery))
            {
                attempt.Complete(delivery, handledNow: false);
            }
            else if (inBatch)
            {
                await invoker.ObserveAsync(delivery, () => invoker.RunAsync(scope.ServiceProvider, delivery, timer));
                attempt.Complete(delivery, handledNow: true);
            }
            else
            {
                await HandleInSavepointAsync(transaction, attempt, delivery, timer, cancellationToken);
            }
        }

        return await transaction.CommitAsync(inBatch ? attempt.EventIds : [], cancellationToken);
    }

    /// <summary>Handles one event under a savepoint: if it fails, its effects are rolled back and the transaction continues.</summary>
    private async Task HandleInSavepointAsync(
        IInboxTransaction transaction, RunAttempt attempt, Delivery delivery, HandlerTimer timer, CancellationToken cancellationToken)
    {
        var (handled, error) = (false, (Exception?)null);
        await using (var scope = scopes.CreateAsyncScope())
        await using (var savepoint = await transaction.JoinAsync(scope.ServiceProvider, cancellationToken))
        {
            try
            {
                await invoker.ObserveAsync(delivery, async () =>
                {
                    await invoker.RunAsync(scope.ServiceProvider, delivery, timer);
                    handled = await savepoint.SaveAsync(delivery.EventId, cancellationToken);
                });
            }
            catch (Exception e) when (e is not HandlerAbandonedException && !cancellationToken.IsCancellationRequested)
            {
                error = e;
            }
        }

        if (error is null)
            attempt.Complete(delivery, handled);
        else
            attempt.Fail(delivery, error, runsAgain: inbox!.Classify(error) is not (StoreFailure.None or StoreFailure.Permanent));
    }

    /// <summary>Sets the outcomes after the commit.</summary>
    private async Task DecideAsync(RunAttempt attempt, CancellationToken cancellationToken)
    {
        foreach (var (delivery, handledNow) in attempt.Done)
            Done(delivery, handledNow);
        foreach (var type in attempt.Done.Where(done => done.HandledNow).Select(done => done.Delivery.Envelope!.Type).Distinct())
            failures.Committed(type);

        foreach (var (delivery, error) in attempt.Failed.Where(failure => !failure.Delivery.RunsAlone))
            await failures.ClassifyAsync(delivery, error, cancellationToken);
    }

    private async Task HandleAloneAsync(Delivery delivery, HandlerWatch watch, CancellationToken cancellationToken)
    {
        for (var conflicts = 0; ; conflicts++)
        {
            try
            {
                await watch.RunAsync(timer => invoker.ObserveAsync(delivery, () => TryAloneAsync(delivery, timer, cancellationToken)));
                return;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                throw;
            }
            catch (Exception e) when (conflicts < MaxConflicts && inbox?.Classify(e) == StoreFailure.Conflict)
            {
                // Handle it again, with the other transaction's changes.
            }
            catch (Exception e)
            {
                await failures.ClassifyAsync(delivery, e, cancellationToken);
                return;
            }
        }
    }

    private async Task TryAloneAsync(Delivery delivery, HandlerTimer timer, CancellationToken cancellationToken)
    {
        if (deadLetterHandler is not null && delivery.EarlierDeliveries > 0 && await deadLetterHandler.WasInvokedAsync(delivery, cancellationToken))
        {
            delivery.MarkDeadLettered(DeadLetterReason.Exhausted, new InvalidOperationException(
                "It failed for the last time in a consumer that died before it could move the event to the dead letter queue."));
            return;
        }

        await using var scope = scopes.CreateAsyncScope();
        if (inbox is null)
        {
            await invoker.RunAsync(scope.ServiceProvider, delivery, timer);
            Done(delivery, handledNow: true);
            return;
        }

        await using var transaction = await inbox.BeginAsync(scope.ServiceProvider, group.Name, [delivery.EventId], cancellationToken);
        timer.Transaction = transaction;
        if (transaction.Handled.Contains(delivery.EventId))
        {
            Done(delivery, handledNow: false);
            return;
        }

        await invoker.RunAsync(scope.ServiceProvider, delivery, timer);
        Done(delivery, await transaction.CommitAsync([delivery.EventId], cancellationToken));
        failures.Committed(delivery.Envelope!.Type);
    }

    private void Done(Delivery delivery, bool handledNow)
    {
        delivery.Outcome = handledNow ? Outcome.Handled : Outcome.Skipped;
        if (!handledNow)
            EventBusTelemetry.InboxDuplicates.Add(1, EventBusTelemetry.OwnTags(delivery.Stream, group.Name));
    }
}
