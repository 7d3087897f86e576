namespace TaskPlatform.EventBus;

/// <summary>When a failed event is retried, and when it is dead-lettered. A handler may have a policy of its own.</summary>
internal sealed class RetryPolicy
{
    private static readonly TimeSpan[] DefaultDelays = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30)];

    private readonly int maxRetries;
    private readonly TimeSpan[] delays;

    /// <summary>The policy of handlers that have none of their own.</summary>
    public RetryPolicy(EventBusOptions options)
    {
        maxRetries = options.MaxRetries;
        delays = options.RetryDelays is { Count: > 0 } configured ? [.. configured] : DefaultDelays;
    }

    private RetryPolicy(TimeSpan[] delays)
    {
        maxRetries = delays.Length;
        this.delays = delays.Length > 0 ? delays : DefaultDelays;
    }

    /// <summary>One retry after each of these delays.</summary>
    public static RetryPolicy After(params TimeSpan[] delays) => new(delays);

    /// <summary>Whether an event that failed for the <paramref name="attempt"/>th time (0 is the first delivery) is retried.</summary>
    public bool AllowsRetryAfter(int attempt) => attempt < maxRetries;

    /// <summary>
    /// Whether an event has killed as many consumers as it may. A delivery that ended in neither ack nor retry counts like
    /// a failed attempt: as far as can be known, the consumer died of it.
    /// </summary>
    /// <param name="attempt">Retries so far.</param>
    /// <param name="earlierDeliveries">How often a handler was started on this very entry before.</param>
    public bool IsCrashLoop(int attempt, long earlierDeliveries) => earlierDeliveries > 0 && attempt + earlierDeliveries > maxRetries;

    /// <summary>
    /// The delay before retry number <paramref name="retry"/> (1 is the first), ±20 %, so that events that failed together are not retried together.
    /// </summary>
    public TimeSpan DelayBefore(int retry) => delays[Math.Clamp(retry - 1, 0, delays.Length - 1)] * (0.8 + (0.4 * Random.Shared.NextDouble()));
}
