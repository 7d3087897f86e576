namespace TaskPlatform.EventBus;

/// <summary>Calls a group's store outside of a handler: whatever it throws means that the events have to wait for it.</summary>
internal static class StoreCalls
{
    /// <exception cref="StoreUnavailableException">The call failed.</exception>
    public static async Task RunAsync(Func<Task> call, CancellationToken cancellationToken)
    {
        try
        {
            await call();
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            throw new StoreUnavailableException(e);
        }
    }
}
