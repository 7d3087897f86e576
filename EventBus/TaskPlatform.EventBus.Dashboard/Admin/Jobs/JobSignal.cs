namespace TaskPlatform.EventBus.Dashboard.Admin.Jobs;

/// <summary>Wakes this process's <see cref="JobRunner"/> when a job is started in this process.</summary>
internal sealed class JobSignal : IDisposable
{
    private readonly SemaphoreSlim semaphore = new(0);

    public void Set() => semaphore.Release();

    /// <summary>Waits for the signal, at most for the given time, or until the process stops.</summary>
    public async Task WaitAsync(TimeSpan time, CancellationToken stoppingToken)
    {
        try
        {
            await semaphore.WaitAsync(time, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The caller's loop checks the token.
        }
    }

    public void Dispose() => semaphore.Dispose();
}
