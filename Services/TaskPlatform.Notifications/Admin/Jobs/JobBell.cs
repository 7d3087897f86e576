namespace TaskPlatform.Notifications.Admin.Jobs;

/// <summary>Wakes this process's <see cref="JobRunner"/> when a job was started here.</summary>
internal sealed class JobBell : IDisposable
{
    private readonly SemaphoreSlim rung = new(0);

    public void Ring() => rung.Release();

    /// <summary>Waits for the bell, for the time given, or for the end of the process, whatever comes first.</summary>
    public async Task WaitAsync(TimeSpan time, CancellationToken stoppingToken)
    {
        try
        {
            await rung.WaitAsync(time, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The caller's loop looks at the token itself.
        }
    }

    public void Dispose() => rung.Dispose();
}
