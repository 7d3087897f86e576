namespace TaskPlatform.EventBus;

/// <summary>Decides whether and when a failed event is retried. A handler may have its own policy.</summary>
internal sealed class RetryPolicy
{
    private static readonly TimeSpan[] DefaultDelays = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30)];

    private readonly int maxRetries;
    private readonly TimeSpan[] delays;

    /// <summary>Creates a policy.</summary>
    /// <param name="maxRetries">The number of retries.</param>
    /// <param name="delays">The delay before each; the last one applies to all further ones. Empty for the default of 1 s, 5 s and 30 s.</param>
    public RetryPolicy(int maxRetries, TimeSpan[] delays)
    {
        this.maxRetries = maxRetries;
        this.delays = delays.Length > 0 ? delays : DefaultDelays;
    }

    /// <summary>The number of retries after the first delivery.</summary>
    public int MaxRetries => maxRetries;

    /// <summary>A policy with one retry after each of these delays.</summary>
    public static RetryPolicy After(params TimeSpan[] delays) => new(delays.Length, delays);

    /// <summary>Whether an event has a retry left after attempt <paramref name="attempt"/> has failed; 0 is the first delivery.</summary>
    public bool AllowsRetryAfter(int attempt) => attempt < maxRetries;

    /// <summary>
    /// Whether an event has crashed its consumers too often. A delivery that ended in neither an ack nor a retry counts as a failed attempt,
    /// because the handler probably crashed the process.
    /// </summary>
    /// <param name="attempt">The number of retries so far.</param>
    /// <param name="earlierDeliveries">The number of times a handler was started on this entry before.</param>
    public bool IsCrashLoop(int attempt, long earlierDeliveries) => earlierDeliveries > 0 && attempt + earlierDeliveries > maxRetries;

    /// <summary>
    /// The delay before retry <paramref name="retry"/> (1 is the first), ±20 %, so that events that failed together are not retried together.
    /// </summary>
    public TimeSpan DelayBefore(int retry) => delays[Math.Clamp(retry - 1, 0, delays.Length - 1)] * (0.8 + (0.4 * Random.Shared.NextDouble()));
}
