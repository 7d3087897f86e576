namespace TaskPlatform.EventBus;

/// <summary>Wakes one waiting loop. Calls before it wakes are coalesced; a call while no loop waits ends the next wait at once.</summary>
public sealed class CoalescedSignal : IDisposable
{
    private readonly SemaphoreSlim semaphore = new(0, 1);
    private int isSet;

    /// <summary>Sets the signal. Any thread may call it, as often as it likes: it costs one interlocked operation if the signal is set already.</summary>
    public void Set()
    {
        if (Interlocked.Exchange(ref isSet, 1) == 0)
            semaphore.Release();
    }

    /// <summary>Waits until the signal is set, and clears it. Only one loop may wait at a time.</summary>
    /// <param name="timeout">The maximum wait, on the system's clock; <see cref="Timeout.InfiniteTimeSpan"/> for none.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>True if the signal was set; false after the timeout.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<bool> WaitAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (!await semaphore.WaitAsync(timeout, cancellationToken))
            return false;

        // A full fence: what was set before this must be visible to what the caller reads next.
        Interlocked.Exchange(ref isSet, 0);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => semaphore.Dispose();
}
