namespace TaskPlatform.Tests.AppHost;

/// <summary>What remains after the AppHost is killed.</summary>
[Collection(Processes.Name)]
public sealed class OrphanTests
{
    [Fact]
    public async Task No_process_survives_a_killed_AppHost()
    {
        using var folder = new TemporaryFolder();
        using var limit = TimeLimit.Of(TimeSpan.FromMinutes(3));
        using var appHost = AppHostProcess.Start(folder.Path, "--DcpPublisher:RandomizePorts=true");
        await appHost.WaitForProcessesAsync(
            ["redis-server", "postgres -D", "TaskPlatform.Auth", "TaskPlatform.Tasks", "TaskPlatform.Notifications.Worker"], limit.Token);

        appHost.Kill();

        await appHost.WaitForNoProcessAsync(limit.Token);
    }
}
