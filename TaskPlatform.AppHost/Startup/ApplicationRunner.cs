namespace TaskPlatform.AppHost.Startup;

internal static class ApplicationRunner
{
    private const int CannotStart = 1;

    /// <summary>Runs the application until it stops. Errors that a user can fix are printed as one sentence instead of a stack trace.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunToEndAsync(this DistributedApplication application)
    {
        try
        {
            await using (application)
                await application.RunAsync();
            return 0;
        }
        catch (OperationCanceledException)
        {
            // Stopped while resources were still waiting for each other.
            return 0;
        }
        catch (DistributedApplicationException failure)
        {
            await Console.Error.WriteLineAsync($"TaskPlatform can't start. {failure.Message}");
            return CannotStart;
        }
    }
}
