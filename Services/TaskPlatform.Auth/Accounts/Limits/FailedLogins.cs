namespace TaskPlatform.Auth.Accounts.Limits;

/// <summary>How often a login failed since the last success, and the delay that follows from it.</summary>
internal sealed class FailedLogins
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);

    private int count;
    private long last;

    /// <summary>How long the next attempt has to wait: not at all for the first ones, then 1 s, 2 s, 4 s and so on.</summary>
    public TimeSpan Wait(int withoutDelay, RateLimitOptions options, TimeProvider time)
    {
        var elapsed = time.GetElapsedTime(last);
        if (elapsed >= options.FailureMemory)
            count = 0;
        if (count < withoutDelay)
            return TimeSpan.Zero;

        var delay = Math.Min(FirstDelay.TotalSeconds * Math.Pow(2, count - withoutDelay), options.MaxDelay.TotalSeconds);
        return TimeSpan.FromSeconds(delay) - elapsed;
    }

    /// <summary>An attempt counts from its beginning, so that many at the same time get no further than one after the other.</summary>
    public void Add(TimeProvider time) => (count, last) = (count + 1, time.GetTimestamp());

    /// <summary>The attempt did not fail, or no password was checked.</summary>
    public void Undo() => count = Math.Max(0, count - 1);
}
