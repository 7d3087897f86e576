namespace TaskPlatform.EventBus;

/// <summary>Growing waits with jitter between tries against something that is away: 100 ms, doubling up to 3 s, each ±50 %: whatever comes back is noticed within 5 s.</summary>
internal sealed class BackOff
{
    private static readonly TimeSpan InitialDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(3);

    private TimeSpan next = InitialDelay;

    public Task WaitAsync(CancellationToken cancellationToken)
    {
        var wait = next * (0.5 + Random.Shared.NextDouble());
        next = next * 2 < MaxDelay ? next * 2 : MaxDelay;
        return Task.Delay(wait, cancellationToken);
    }

    public void Reset() => next = InitialDelay;
}
