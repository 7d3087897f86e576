namespace TaskPlatform.EventBus.Dashboard.Admin.Jobs;

/// <summary>Wakes this process's <see cref="JobRunner"/> when a job was started here.</summary>
internal sealed class JobSignal : IDisposable
{
    private readonly SemaphoreSlim semaphore = new(0);

    public void Set() => semaphore.Release();

    /// <summary>Waits for the signal, for the time given, or for the end of the process, whatever comes first.</summary>
    public async Task WaitAsync(TimeSpan time, CancellationToken stoppingToken)
    {
        try
        {
            await semaphore.WaitAsync(time, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The caller's loop looks at the token itself.
        }
    }

    public void Dispose() => semaphore.Dispose();
}
