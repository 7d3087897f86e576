namespace TaskPlatform.AppHost.Startup;

internal static class ApplicationRunner
{
    private const int CannotStart = 1;

    /// <summary>Runs the application to its end. What a user can set right ends it with one sentence instead of a stack trace.</summary>
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
            // Stopped while resources still waited for each other.
            return 0;
        }
        catch (DistributedApplicationException refusal)
        {
            await Console.Error.WriteLineAsync($"TaskPlatform can't start. {refusal.Message}");
            return CannotStart;
        }
    }
}
