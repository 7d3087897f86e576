namespace TaskPlatform.EventBus;

/// <summary>Decides what a failure means for an event: it waits for the store, is retried, or is dead-lettered.</summary>
internal sealed class FailureClassifier(ConsumerGroup group, IInbox? inbox, RetryPolicy retries, TransientFailures transient)
{
    /// <summary>An event of this type was committed.</summary>
    public void Committed(string eventType) => transient.Committed(eventType);

    /// <summary>
    /// Decides between the store and the handler. While the store accepts no write, no failure is attributed to the handler. While it
    /// does, a failure that looks like the store's is attributed to the store, within limits.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store accepts no write.</exception>
    public async Task ClassifyAsync(Delivery delivery, Exception error, CancellationToken cancellationToken)
    {
        if (inbox is not null)
        {
            if (!await inbox.AcceptsWritesAsync(cancellationToken))
                throw new StoreUnavailableException(error);
            if (inbox.Classify(error) is (StoreFailure.Unavailable or StoreFailure.ConnectionLost) and var failure && transient.Tolerates(delivery, failure))
            {
                // The others of the batch go first: if they succeed, this event is the cause.
                (delivery.Postponed, delivery.RunsAlone) = (error, true);
                return;
            }
        }

        if (error is NonRetryableException || inbox?.Classify(error) == StoreFailure.Permanent)
            delivery.MarkDeadLettered(DeadLetterReason.Rejected, error);
        else
            delivery.Fail(group.Find(delivery.Envelope!.Type)!.Retries ?? retries, DeadLetterReason.Exhausted, error);
    }
}
