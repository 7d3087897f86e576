using Microsoft.Extensions.DependencyInjection;

namespace TaskPlatform.EventBus;

/// <summary>Handles one event at a time, in a transaction of its own, or in none if the group has no inbox.</summary>
internal sealed class IsolatedRunner(
    IInbox? inbox, DeadLetterHandlerInvoker? deadLetterHandler, HandlerInvoker invoker, FailureClassifier failures,
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

        await using var transaction = await inbox.BeginAsync(scope.ServiceProvider, WorkItem.KeysOf([item]), cancellationToken);
        timer.Transaction = transaction;
        if (item.IsHandled(transaction.Handled))
            return Outcome.Skipped;
        if (!item.Handler.IsOnly && CombinedOutcome.OfExhausted(item) is { } exhausted)
            return exhausted;

        await invoker.RunAsync(scope.ServiceProvider, item, timer);
        var isCommitted = await transaction.CommitAsync([item.Key], cancellationToken);
        failures.Committed(item.Handler);
        return isCommitted ? Outcome.Handled : Outcome.Skipped;
    }
}
