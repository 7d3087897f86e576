namespace TaskPlatform.EventBus;

/// <summary>Wakes one waiting loop; calls before it wakes are coalesced.</summary>
internal sealed class CoalescedSignal : IDisposable
{
    private readonly SemaphoreSlim semaphore = new(0, 1);
    private int isSet;

    public void Set()
    {
        if (Interlocked.Exchange(ref isSet, 1) == 0)
            semaphore.Release();
    }

    /// <summary>Returns true when the signal is set, or false after the timeout.</summary>
    public async Task<bool> WaitAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (!await semaphore.WaitAsync(timeout, cancellationToken))
            return false;
        Volatile.Write(ref isSet, 0);
        return true;
    }

    public void Dispose() => semaphore.Dispose();
}
