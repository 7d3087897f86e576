namespace TaskPlatform.EventBus;

/// <summary>When a failed event is tried again, and when no more.</summary>
internal sealed class RetryPolicy(EventBusOptions options)
{
    private static readonly TimeSpan[] DefaultDelays = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30)];

    private readonly TimeSpan[] delays = options.RetryDelays is { Count: > 0 } configured ? [.. configured] : DefaultDelays;

    /// <summary>Whether an event that failed for the <paramref name="attempt"/>th time (0 is the first delivery) has a retry left.</summary>
    public bool AllowsRetryAfter(int attempt) => attempt < options.MaxRetries;

    /// <summary>
    /// Whether an event has killed as many consumers as it may. A delivery that ended in neither ack nor retry counts like
    /// a failed attempt: the consumer died of it, as far as anyone can tell.
    /// </summary>
    /// <param name="attempt">Retries so far.</param>
    /// <param name="earlierDeliveries">How often this very entry was handed to a handler before.</param>
    public bool IsCrashLoop(int attempt, long earlierDeliveries) => earlierDeliveries > 0 && attempt + earlierDeliveries > options.MaxRetries;

    /// <summary>The wait before retry number <paramref name="retry"/> (1 is the first): its configured delay ±20 %, so that a herd spreads out.</summary>
    public TimeSpan DelayBefore(int retry) => delays[Math.Clamp(retry - 1, 0, delays.Length - 1)] * (0.8 + (0.4 * Random.Shared.NextDouble()));
}
