namespace TaskPlatform.EventBus;

/// <summary>What the outcomes of an ordered group's events mean for their sequences. Called before the transport is informed of them.</summary>
internal sealed class SequenceConclusions(GroupSequences sequences, TimeProvider clock)
{
    /// <summary>Whether an event that failed without a handler holds back later ones: it is of an aggregate, and of a type that the group handles.</summary>
    public static bool HoldsBack(BatchEvent one) => Fails(one) && one.Outcome.Reason != DeadLetterReason.UnknownType;

    /// <summary>Makes later events of the aggregate wait.</summary>
    /// <exception cref="StoreUnavailableException">The store is unavailable. The event stays open.</exception>
    public async Task HoldAsync(BatchEvent failed, CancellationToken cancellationToken)
    {
        if (failed.IsHead)
            return;
        var outcome = failed.Outcome;
        failed.Outcome = Outcome.Open;
        await StoreCalls.RunAsync(() => sequences.HoldAsync(failed.Delivery, cancellationToken), cancellationToken);
        failed.Outcome = outcome;
    }

    /// <summary>Stores what was decided about failed events, and lets sequences go on whose heads succeeded.</summary>
    /// <exception cref="StoreUnavailableException">The store is unavailable. The events for which it was needed stay open.</exception>
    public async Task ConcludeAsync(EventBatch batch, CancellationToken cancellationToken)
    {
        foreach (var one in batch.Events)
        {
            var outcome = one.Outcome;
            var isFinished = one.IsReprocessedHead && outcome.Kind is (OutcomeKind.Handled or OutcomeKind.Skipped);
            var isStored = HoldsBack(one) && !(one.IsHead && outcome.Kind == OutcomeKind.DeadLetter); // The runner of heads adds the dead letter first.
            if (!isFinished && !isStored)
                continue;

            one.Outcome = Outcome.Open;
            await StoreCalls.RunAsync(
                async () =>
                {
                    if (isFinished)
                        await sequences.AdvanceAsync(one.Delivery, cancellationToken);
                    else
                        outcome = await sequences.StoreAsync(one.Delivery, outcome, clock.GetUtcNow(), cancellationToken);
                },
                cancellationToken);
            one.Outcome = outcome;
        }
    }

    private static bool Fails(BatchEvent one) => one.Delivery.Envelope is not null && one.Outcome.Kind is (OutcomeKind.Retry or OutcomeKind.DeadLetter);
}
