namespace TaskPlatform.EventBus;

/// <summary>What was decided about an event. Outcomes without details are shared, so that handling an event allocates none.</summary>
internal sealed record Outcome
{
    private Outcome(OutcomeKind kind) => Kind = kind;

    /// <summary>Nothing was decided yet: the event has to be handled.</summary>
    public static Outcome Open { get; } = new(OutcomeKind.Open);

    /// <summary>The effects are committed.</summary>
    public static Outcome Handled { get; } = new(OutcomeKind.Handled);

    /// <summary>The effects had been committed before; the event only has to be acked.</summary>
    public static Outcome Skipped { get; } = new(OutcomeKind.Skipped);

    /// <summary>It is parked in the group's store; the transport need not deliver it again.</summary>
    public static Outcome Parked { get; } = new(OutcomeKind.Parked);

    /// <summary>The event targets another group: it is acked if that group exists, otherwise dead-lettered.</summary>
    public static Outcome ForAnotherGroup { get; } = new(OutcomeKind.ForAnotherGroup);

    public OutcomeKind Kind { get; }

    /// <summary>Whether nothing was decided yet.</summary>
    public bool IsOpen => Kind == OutcomeKind.Open;

    /// <summary>Whether it is open because of a failure, and is to be handled after the other events of its batch.</summary>
    public bool IsPostponed => IsOpen && Error is not null;

    /// <summary>For <see cref="OutcomeKind.DeadLetter"/>: one of <see cref="DeadLetterReason"/>.</summary>
    public string? Reason { get; private init; }

    /// <summary>For <see cref="OutcomeKind.Retry"/>: the delay before the next attempt.</summary>
    public TimeSpan RetryAfter { get; private init; }

    /// <summary>The failure.</summary>
    public Exception? Error { get; private init; }

    /// <summary>For <see cref="OutcomeKind.DeadLetter"/>: the exception that the dead letter names.</summary>
    public Exception? Cause { get; private init; }

    /// <summary>For <see cref="OutcomeKind.DeadLetter"/>: the error that the dead letter reports.</summary>
    public string ErrorMessage { get; private init; } = "";

    /// <summary>It failed because of the store, and is handled again later without using up an attempt.</summary>
    public static Outcome Postponed(Exception error) => new(OutcomeKind.Open) { Error = error };

    /// <summary>
    /// It is dead-lettered. If the handler failed, or the store rejected what it wrote, the cause is the innermost exception, because the outer ones
    /// often only wrap it. If the bus or the handler itself made the decision, it is the exception itself.
    /// </summary>
    /// <param name="reason">One of <see cref="DeadLetterReason"/>.</param>
    /// <param name="error">The error.</param>
    public static Outcome DeadLetter(string reason, Exception error)
    {
        var isOfHandler = reason == DeadLetterReason.Exhausted || (reason == DeadLetterReason.Rejected && error is not NonRetryableException);
        var cause = isOfHandler ? error.GetBaseException() : error;
        return DeadLetter(reason, error, cause, cause.Message);
    }

    /// <summary>It is dead-lettered.</summary>
    /// <param name="reason">One of <see cref="DeadLetterReason"/>.</param>
    /// <param name="error">The error, for the log and the stack trace.</param>
    /// <param name="cause">The exception that the dead letter names.</param>
    /// <param name="message">The error that the dead letter reports.</param>
    public static Outcome DeadLetter(string reason, Exception error, Exception cause, string message)
        => new(OutcomeKind.DeadLetter) { Reason = reason, Error = error, Cause = cause, ErrorMessage = message };

    /// <summary>It has crashed its consumers too often, and is dead-lettered.</summary>
    public static Outcome CrashLoop(Delivery delivery) => DeadLetter(DeadLetterReason.CrashLoop, new InvalidOperationException(
        $"{delivery.EarlierDeliveries} deliveries of this entry ended because the consumer died or stopped responding."));

    /// <summary>It failed, and is retried.</summary>
    public static Outcome Retry(TimeSpan after, Exception error) => new(OutcomeKind.Retry) { RetryAfter = after, Error = error };

    /// <summary>It failed: it is retried if it has a retry left, otherwise dead-lettered.</summary>
    /// <param name="retries">The retry policy.</param>
    /// <param name="attempt">The number of retries so far.</param>
    /// <param name="reason">The reason for the dead letter, one of <see cref="DeadLetterReason"/>.</param>
    /// <param name="error">The failure.</param>
    public static Outcome Failed(RetryPolicy retries, int attempt, string reason, Exception error) => retries.AllowsRetryAfter(attempt)
        ? Retry(retries.DelayBefore(attempt + 1), error)
        : DeadLetter(reason, error);

    /// <summary>Whether the entry or its payload is unreadable; its event id may then belong to another event.</summary>
    public bool IsUnreadable(Delivery delivery) => delivery.Problem is not null || Reason == DeadLetterReason.Unreadable;

    /// <summary>The number of times a handler was started on the event, including retries.</summary>
    public long AttemptsOf(Delivery delivery) => delivery.Attempt + delivery.EarlierDeliveries + (Reason == DeadLetterReason.CrashLoop ? 0 : 1);

    /// <summary>
    /// The event's dead letter. An event for a group that does not exist is a dead letter of that group, so that there is only one, whichever groups
    /// read it.
    /// </summary>
    public DeadLetterRecord ToDeadLetter(Delivery delivery, string group) => new(
        Reason == DeadLetterReason.UnknownGroup ? delivery.TargetGroup! : group,
        Reason ?? DeadLetterReason.Exhausted,
        delivery.EventId,
        IsUnreadable(delivery),
        delivery.Envelope?.Type ?? "",
        delivery.Data,
        delivery.Fields,
        AttemptsOf(delivery),
        delivery.FirstEntryId ?? delivery.EntryId,
        delivery.FirstFailedAt,
        ErrorMessage,
        Cause?.GetType().FullName ?? "",
        Error?.ToString() ?? "");
}

/// <summary>The kinds of outcome. All except for <see cref="Open"/> have to be settled with the transport.</summary>
internal enum OutcomeKind
{
    /// <summary>Undecided: still to be handled.</summary>
    Open,

    /// <summary>Its effects are committed.</summary>
    Handled,

    /// <summary>Its effects had been committed before.</summary>
    Skipped,

    /// <summary>It is parked in the group's store.</summary>
    Parked,

    /// <summary>It targets another group.</summary>
    ForAnotherGroup,

    /// <summary>The handler failed and has a retry left.</summary>
    Retry,

    /// <summary>It is dead-lettered.</summary>
    DeadLetter,
}
