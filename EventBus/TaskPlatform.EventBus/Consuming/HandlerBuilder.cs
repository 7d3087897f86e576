namespace TaskPlatform.EventBus;

/// <summary>How a group runs one of its handlers. What is not set here follows <see cref="EventBusOptions"/>.</summary>
public sealed class HandlerBuilder
{
    internal HandlerBuilder(UnitOfWork unitOfWork) => UnitOfWork = unitOfWork;

    internal UnitOfWork UnitOfWork { get; private set; }

    internal TimeSpan? TimeLimit { get; private set; }

    internal RetryPolicy? Retries { get; private set; }

    /// <summary>
    /// Limits how long the handler may run, in place of <see cref="EventBusOptions.HandlerTimeout"/>. When the time is over its token is cancelled, and
    /// the attempt has failed. A handler that does not end is abandoned after up to 5 s more, and its transaction is rolled back.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit is not between a millisecond and a day.</exception>
    public HandlerBuilder Timeout(TimeSpan limit)
    {
        if (limit < TimeSpan.FromMilliseconds(1) || limit > TimeSpan.FromDays(1))
            throw new ArgumentOutOfRangeException(nameof(limit), limit, "A handler's time limit is between a millisecond and a day.");
        TimeLimit = limit;
        return this;
    }

    /// <summary>
    /// Retries the handler once after each of these delays (±20 %), in place of <see cref="EventBusOptions.MaxRetries"/> and
    /// <see cref="EventBusOptions.RetryDelays"/>. Without any, an event that fails is dead-lettered at once.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">A delay is negative, or there are more than 100.</exception>
    public HandlerBuilder Retry(params TimeSpan[] delays)
    {
        ArgumentNullException.ThrowIfNull(delays);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(delays.Length, 100, nameof(delays));
        foreach (var delay in delays)
            ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero, nameof(delays));
        Retries = RetryPolicy.After(delays);
        return this;
    }

    /// <summary>
    /// Gives each event a transaction of its own, for a handler that is slow or calls other systems: it holds no rows of other events meanwhile.
    /// </summary>
    public HandlerBuilder Isolated()
    {
        UnitOfWork = UnitOfWork.Isolated;
        return this;
    }
}
