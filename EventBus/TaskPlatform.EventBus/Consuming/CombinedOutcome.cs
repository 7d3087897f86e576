namespace TaskPlatform.EventBus;

/// <summary>The outcome of an event with several handlers.</summary>
internal static class CombinedOutcome
{
    /// <summary>
    /// The event stays open while a handler is, and is retried while one of its handlers has a retry left, after the longest of their delays. It is
    /// dead-lettered once every handler has finished or failed for the last time.
    /// </summary>
    /// <param name="items">The calls of the handlers, in the order in which they were registered.</param>
    public static Outcome Of(IReadOnlyList<WorkItem> items)
    {
        if (items.FirstOrDefault(item => item.Outcome.IsPostponed) is { } postponed)
            return postponed.Outcome;
        if (items.Any(item => item.Outcome.IsOpen))
            return Outcome.Open;
        if (items.Any(item => item.Outcome.Kind == OutcomeKind.Parked))
            return Outcome.Parked;

        var failed = items.Where(item => item.Outcome.Kind is OutcomeKind.Retry or OutcomeKind.DeadLetter).ToList();
        if (failed.Count == 0)
            return items.Any(item => item.Outcome.Kind == OutcomeKind.Handled) ? Outcome.Handled : Outcome.Skipped;

        var error = failed.Count == 1 ? failed[0].Outcome.Error! : new AggregateException(failed.Select(item => item.Outcome.Error!));
        var retried = failed.Where(item => item.Outcome.Kind == OutcomeKind.Retry).ToList();
        return retried.Count > 0
            ? Outcome.Retry(retried.Max(item => item.Outcome.RetryAfter), error)
            : Outcome.DeadLetter(
                failed[0].Outcome.Reason!, error, failed[0].Outcome.Cause!,
                string.Join("; ", failed.Select(item => $"{item.Handler.Name}: {item.Outcome.ErrorMessage}")));
    }

    /// <summary>
    /// Decides a call whose entry was retried or redelivered although the handler has neither retries nor deliveries left: another handler has.
    /// </summary>
    /// <returns>The outcome; null if the handler has to run.</returns>
    public static Outcome? OfExhausted(WorkItem item)
    {
        var (attempt, earlier) = (item.Delivery.Attempt, item.Delivery.EarlierDeliveries);
        if (item.Handler.Retries.IsCrashLoop(attempt, earlier))
            return Outcome.CrashLoop(item.Delivery);
        return attempt > 0 && !item.Handler.Retries.AllowsRetryAfter(attempt - 1)
            ? Outcome.DeadLetter(DeadLetterReason.Exhausted, new InvalidOperationException(
                $"It had no retries left before retry {attempt}, which another handler needed; the log has its last error."))
            : null;
    }
}
