namespace TaskPlatform.EventBus;

/// <summary>Exponential back-off with jitter: 100 ms, doubling up to 3 s, each ±50 %, so that a recovery is detected within 5 s. Not thread-safe.</summary>
/// <param name="clock">The clock; default the system's.</param>
public sealed class BackOff(TimeProvider? clock = null)
{
    private static readonly TimeSpan InitialDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(3);

    private TimeSpan next = InitialDelay;

    /// <summary>Waits after a failure; the next wait is twice as long.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Task WaitAsync(CancellationToken cancellationToken)
    {
        var delay = next * (0.5 + Random.Shared.NextDouble());
        next = next * 2 < MaxDelay ? next * 2 : MaxDelay;
        return Task.Delay(delay, clock ?? TimeProvider.System, cancellationToken);
    }

    /// <summary>Starts over with the shortest wait, after a success.</summary>
    public void Reset() => next = InitialDelay;
}
