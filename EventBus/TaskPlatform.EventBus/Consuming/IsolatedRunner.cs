using Microsoft.Extensions.DependencyInjection;

namespace TaskPlatform.EventBus;

/// <summary>Handles one event at a time, in a transaction of its own, or in none if the group has no inbox.</summary>
internal sealed class IsolatedRunner(
    IInbox? inbox, GroupSequences? sequences, DeadLetterHandlerInvoker? deadLetterHandler, HandlerInvoker invoker, FailureClassifier failures,
    IServiceScopeFactory scopes)
{
    /// <summary>The number of times that an event is handled again immediately after a concurrency conflict.</summary>
    private const int MaxConflicts = 5;

    /// <summary>Handles an event.</summary>
    /// <exception cref="StoreUnavailableException">The inbox's store is unavailable.</exception>
    public async Task HandleAsync(WorkItem item, HandlerWatch watch, CancellationToken cancellationToken)
    {
        for (var conflicts = 0; ; conflicts++)
        {
            try
            {
                var outcome = Outcome.Open;
                await watch.RunAsync(timer => invoker.ObserveAsync(item, async () => outcome = await TryHandleAsync(item, timer, cancellationToken)));
                item.Outcome = outcome;
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
                await failures.DecideAsync(item, e, cancellationToken);
                return;
            }
        }
    }

    /// <summary>Records that all handlers have handled an event, without calling them, and lets its sequence go on.</summary>
    /// <exception cref="StoreUnavailableException">The store is unavailable.</exception>
    public async Task<Outcome> SkipAsync(BatchEvent skipped, CancellationToken cancellationToken)
    {
        if (inbox is null)
            return Outcome.Skipped;
        await StoreCalls.RunAsync(
            async () =>
            {
                await using var scope = scopes.CreateAsyncScope();
                var keys = WorkItem.KeysOf(skipped.Items);
                await using var transaction = await inbox.BeginAsync(scope.ServiceProvider, keys, [], cancellationToken);
                await transaction.CommitAsync(
                    [.. skipped.Items.Where(item => !item.IsHandled(transaction.Handled)).Select(item => item.Key).Distinct()], cancellationToken);
                if (sequences is not null)
                    await sequences.AdvanceAsync(skipped.Delivery, cancellationToken);
            },
            cancellationToken);
        return Outcome.Skipped;
    }

    private async Task<Outcome> TryHandleAsync(WorkItem item, HandlerTimer timer, CancellationToken cancellationToken)
    {
        if (deadLetterHandler is not null && item.Delivery.EarlierDeliveries > 0
            && await deadLetterHandler.WasInvokedAsync(item.Delivery, cancellationToken))
        {
            return Outcome.DeadLetter(DeadLetterReason.Exhausted, new InvalidOperationException(
                "It failed for the last time in a consumer that died before it could move the event to the dead letter queue."));
        }

        await using var scope = scopes.CreateAsyncScope();
        if (inbox is null)
        {
            await invoker.RunAsync(scope.ServiceProvider, item, timer);
            return Outcome.Handled;
        }

        await using var transaction = await inbox.BeginAsync(
            scope.ServiceProvider, WorkItem.KeysOf([item]), sequences?.KeysOf([item]) ?? [], cancellationToken);
        timer.Transaction = transaction;
        sequences?.Recognize(item, transaction.Blocked);
        if (item.IsHandled(transaction.Handled))
            return Outcome.Skipped;
        if (sequences?.HasToWait(item, transaction.Blocked) == true
            && (await transaction.ParkAsync([sequences.ToWaiting(item.Delivery)], cancellationToken)).Count > 0)
        {
            await transaction.CommitAsync([], cancellationToken);
            return Outcome.Parked;
        }

        if (!item.Handler.IsOnly && CombinedOutcome.OfExhausted(item) is { } exhausted)
            return exhausted;

        await invoker.RunAsync(scope.ServiceProvider, item, timer);
        var isCommitted = await transaction.CommitAsync([item.Key], cancellationToken);
        failures.Committed(item.Handler);
        return isCommitted ? Outcome.Handled : Outcome.Skipped;
    }
}
