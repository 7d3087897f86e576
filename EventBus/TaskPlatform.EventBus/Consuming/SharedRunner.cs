using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace TaskPlatform.EventBus;

/// <summary>Handles several events in one transaction.</summary>
internal sealed class SharedRunner(
    ConsumerGroup group, IInbox inbox, GroupSequences? sequences, HandlerInvoker invoker, FailureClassifier failures, IServiceScopeFactory scopes)
{
    /// <summary>The maximum number of savepoints per transaction. Postgres caches 64 subtransactions; more would slow other sessions down.</summary>
    public const int MaxSavepoints = 60;

    /// <summary>The time after which a transaction accepts no further events; the rest of the run continues in the next one.</summary>
    private static readonly TimeSpan MaxDuration = TimeSpan.FromSeconds(1);

    /// <summary>Commits a test write to the group's store; throws if the store refuses it.</summary>
    public Task ProbeStoreAsync(CancellationToken cancellationToken) => inbox.ProbeAsync(cancellationToken);

    /// <summary>Handles the run in one transaction, or only its first part if that takes long.</summary>
    /// <returns>False, with all events undecided, if the transaction failed.</returns>
    /// <exception cref="StoreUnavailableException">The inbox's store is unavailable.</exception>
    public async Task<bool> TryHandleAsync(RunAttempt attempt, HandlerWatch watch, CancellationToken draining, CancellationToken cancellationToken)
    {
        using var span = EventSpans.Batch(attempt.Run, group);
        try
        {
            var isCommitted = false;
            await watch.RunAsync(async timer => isCommitted = await RunAsync(attempt, timer, draining, cancellationToken));
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
                await failures.DecideAsync(attempt.Running!, e, cancellationToken); // Handling it alone would take as long again.
            return false;
        }

        await DecideAsync(attempt, cancellationToken);
        return true;
    }

    /// <returns>False, without any write, if another consumer has handled one of the events meanwhile.</returns>
    private async Task<bool> RunAsync(RunAttempt attempt, HandlerTimer timer, CancellationToken draining, CancellationToken cancellationToken)
    {
        var run = attempt.Run;
        await using var scope = scopes.CreateAsyncScope();
        await using var transaction = await inbox.BeginAsync(scope.ServiceProvider, WorkItem.KeysOf(run), sequences?.KeysOf(run) ?? [], cancellationToken);
        timer.Transaction = transaction;
        var (waiting, parked) = await ParkAsync(run, transaction, cancellationToken);

        var started = Stopwatch.GetTimestamp();
        var inBatch = run[0].Handler.UnitOfWork == UnitOfWork.Batch;
        foreach (var item in run)
        {
            if (attempt.HasBegun && (draining.IsCancellationRequested || timer.IsSpent || Stopwatch.GetElapsedTime(started) > MaxDuration))
                break;

            if (attempt.IsLeft(item) || item.IsWithdrawn)
                continue;
            if (waiting.Contains(item))
            {
                if (parked.Contains(item.Delivery.EventId))
                    attempt.Park(item);
                continue; // Otherwise its sequence has ended meanwhile, and the next run handles it.
            }

            // The same event may be in a stream twice, if its publisher died before it could mark the event as published.
            if (item.IsHandled(transaction.Handled) || !attempt.Begin(item))
            {
                attempt.Complete(item, handledNow: false);
            }
            else if (inBatch)
            {
                await invoker.ObserveAsync(item, () => invoker.RunAsync(scope.ServiceProvider, item, timer));
                attempt.Complete(item, handledNow: true);
            }
            else
            {
                await HandleInSavepointAsync(transaction, attempt, item, timer, cancellationToken);
            }
        }

        return await transaction.CommitAsync(inBatch ? attempt.Keys : [], cancellationToken);
    }

    /// <summary>Parks the events of the run that have to wait for their sequences.</summary>
    private async Task<(HashSet<WorkItem> Waiting, IReadOnlySet<Guid> Parked)> ParkAsync(
        IReadOnlyList<WorkItem> run, IInboxTransaction transaction, CancellationToken cancellationToken)
    {
        if (sequences is null || transaction.Blocked.Count == 0)
            return ([], new HashSet<Guid>());
        foreach (var item in run)
            sequences.Recognize(item, transaction.Blocked);
        var waiting = run.Where(item => !item.IsHandled(transaction.Handled) && sequences.HasToWait(item, transaction.Blocked)).ToHashSet();
        return waiting.Count == 0
            ? (waiting, new HashSet<Guid>())
            : (waiting, await transaction.ParkAsync(
                [.. waiting.DistinctBy(item => item.Delivery.EventId).Select(item => sequences.ToWaiting(item.Delivery))], cancellationToken));
    }

    /// <summary>Handles one event under a savepoint: if it fails, its effects are rolled back and the transaction continues.</summary>
    private async Task HandleInSavepointAsync(
        IInboxTransaction transaction, RunAttempt attempt, WorkItem item, HandlerTimer timer, CancellationToken cancellationToken)
    {
        var (handled, error) = (false, (Exception?)null);
        await using (var scope = scopes.CreateAsyncScope())
        await using (var savepoint = await transaction.JoinAsync(scope.ServiceProvider, cancellationToken))
        {
            try
            {
                await invoker.ObserveAsync(item, async () =>
                {
                    await invoker.RunAsync(scope.ServiceProvider, item, timer);
                    handled = await savepoint.SaveAsync(item.Key, cancellationToken);
                });
            }
            catch (Exception e) when (e is not HandlerAbandonedException && !cancellationToken.IsCancellationRequested)
            {
                error = e;
            }
        }

        if (error is null)
        {
            attempt.Complete(item, handled);
            return;
        }

        var runsAgain = inbox.Classify(error) is not (StoreFailure.None or StoreFailure.Permanent);
        item.RunsAlone |= runsAgain;
        attempt.Fail(item, error, runsAgain, holdsBack: sequences is not null);
    }

    /// <summary>Sets the outcomes after the commit.</summary>
    private async Task DecideAsync(RunAttempt attempt, CancellationToken cancellationToken)
    {
        foreach (var (item, handledNow) in attempt.Done)
            item.Outcome = handledNow ? Outcome.Handled : Outcome.Skipped;
        foreach (var item in attempt.Parked)
            item.Outcome = Outcome.Parked;
        foreach (var handler in attempt.Done.Where(done => done.HandledNow).Select(done => done.Item.Handler).Distinct())
            failures.Committed(handler);

        foreach (var failure in attempt.Failed.Where(failure => !failure.RunsAgain))
            await failures.DecideAsync(failure.Item, failure.Error, cancellationToken);
    }
}
