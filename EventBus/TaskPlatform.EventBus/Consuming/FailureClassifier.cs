namespace TaskPlatform.EventBus;

/// <summary>Decides the consequence of a failure: the event waits for the store, is retried, or is dead-lettered.</summary>
internal sealed class FailureClassifier(IInbox? inbox, GroupSequences? sequences, TransientFailures transient)
{
    /// <summary>Records that a handler's effects were committed.</summary>
    public void Committed(GroupHandler handler) => transient.Committed(handler.CommitKey);

    /// <summary>
    /// Distinguishes failures of the store from failures of the handler. While the store refuses writes, no failure is attributed to the handler.
    /// Otherwise, a failure that looks like one of the store is attributed to the store within limits.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store refuses writes.</exception>
    public async Task DecideAsync(WorkItem item, Exception error, CancellationToken cancellationToken)
    {
        var outcome = await ClassifyAsync(item, error, cancellationToken);
        if (sequences is not null && !outcome.IsOpen && !item.Event.IsHead)
            await StoreCalls.RunAsync(() => sequences.HoldAsync(item.Delivery, cancellationToken), cancellationToken); // Before a later event of the aggregate is handled.
        item.Outcome = outcome;
        item.RunsAlone |= item.Outcome.IsPostponed;
    }

    private async Task<Outcome> ClassifyAsync(WorkItem item, Exception error, CancellationToken cancellationToken)
    {
        if (inbox is not null)
        {
            if (!await inbox.AcceptsWritesAsync(cancellationToken))
                throw new StoreUnavailableException(error);
            if (inbox.Classify(error) is (StoreFailure.Unavailable or StoreFailure.ConnectionLost) and var failure
                && transient.Tolerates(item.Handler.CommitKey, item.Delivery.EventId, item.Transient, failure))
            {
                return Outcome.Postponed(error); // The other events of the batch are handled first. If they succeed, this event is the cause.
            }
        }

        return error is NonRetryableException || inbox?.Classify(error) == StoreFailure.Permanent
            ? Outcome.DeadLetter(DeadLetterReason.Rejected, error)
            : Outcome.Failed(item.Handler.Retries, item.Delivery.Attempt, DeadLetterReason.Exhausted, error);
    }
}
