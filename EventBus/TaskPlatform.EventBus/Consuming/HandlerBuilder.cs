namespace TaskPlatform.EventBus;

/// <summary>Configures one handler of a group. Settings that are not specified follow the group's options.</summary>
public sealed class HandlerBuilder
{
    internal HandlerBuilder(UnitOfWork unitOfWork) => UnitOfWork = unitOfWork;

    internal string? HandlerName { get; private set; }

    internal UnitOfWork UnitOfWork { get; private set; }

    internal TimeSpan? TimeLimit { get; private set; }

    internal RetryPolicy? Retries { get; private set; }

    internal List<Type> Middleware { get; } = [];

    /// <summary>
    /// Names the handler in its group, instead of by its class. Where an event has several handlers, the name is part of the handler's inbox rows: set
    /// the former name when the class is renamed, so that what is being retried meanwhile is not handled twice.
    /// </summary>
    /// <exception cref="ArgumentException">The name is blank.</exception>
    public HandlerBuilder Name(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        HandlerName = name;
        return this;
    }

    /// <summary>
    /// Sets the handler's time limit, instead of the group's. When it is exceeded, the token is cancelled and the attempt
    /// fails. A handler that does not return is abandoned after up to 5 s more, and its transaction is rolled back.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit is not between a millisecond and a day.</exception>
    public HandlerBuilder Timeout(TimeSpan limit)
    {
        if (limit < TimeSpan.FromMilliseconds(1) || limit > TimeSpan.FromDays(1))
            throw new ArgumentOutOfRangeException(nameof(limit), limit, "A handler's time limit must be between a millisecond and a day.");
        TimeLimit = limit;
        return this;
    }

    /// <summary>
    /// Retries the handler once after each of these delays (±20 %), instead of the group's retries. Without delays, an event is dead-lettered after
    /// the first failure.
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
    /// Gives each event a separate transaction, for a handler that is slow or calls other systems: no rows of other events stay locked meanwhile.
    /// </summary>
    public HandlerBuilder Isolated()
    {
        UnitOfWork = UnitOfWork.Isolated;
        return this;
    }

    /// <summary>Runs a middleware around the handler, inside of those added before and of the group's. It is created by dependency injection.</summary>
    public HandlerBuilder Use<TMiddleware>()
        where TMiddleware : class, IEventMiddleware
    {
        Middleware.Add(typeof(TMiddleware));
        return this;
    }
}
