namespace TaskPlatform.Auth.Accounts.Limits;

/// <summary>The number of failed logins since the last success, and the resulting delay.</summary>
internal sealed class FailedLogins
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);

    private int count;
    private long last;

    /// <summary>How long the next attempt must wait: zero for the first ones, then 1 s, 2 s, 4 s and so on.</summary>
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

    /// <summary>Called when an attempt begins, so that concurrent attempts gain no advantage over sequential ones.</summary>
    public void Add(TimeProvider time) => (count, last) = (count + 1, time.GetTimestamp());

    /// <summary>Called if the attempt succeeded or no password was checked.</summary>
    public void Undo() => count = Math.Max(0, count - 1);
}
