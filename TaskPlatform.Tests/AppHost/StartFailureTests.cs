using System.Net;
using System.Net.Sockets;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.AppHost;

/// <summary>If the AppHost or one of its servers can't start, it reports why and how to fix it.</summary>
[Collection(Processes.Name)]
public sealed class StartFailureTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task A_port_in_use_fails_the_start_and_is_reported_with_its_owner()
    {
        using var folder = new TemporaryFolder();
        using var limit = TimeLimit.Of(Limit);
        using var listener = new TcpListener(IPAddress.Loopback, FreePort.Next());
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;

        using var appHost = AppHostProcess.StartIn(
            new Dictionary<string, string> { ["ASPNETCORE_URLS"] = $"http://localhost:{port}" }, folder.Path);

        Assert.Equal(1, await appHost.WaitForExitAsync(limit.Token));
        Assert.Contains($"TaskPlatform can't start. In use by another program: port {port} (dashboard)", appHost.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_server_fails_the_start_and_is_reported_with_its_package()
    {
        using var folder = new TemporaryFolder();
        using var limit = TimeLimit.Of(Limit);

        using var appHost = AppHostProcess.Start(folder.Path, "--DcpPublisher:RandomizePorts=true", "--LocalServers:ProgramFolders=/nowhere");

        Assert.Equal(1, await appHost.WaitForExitAsync(limit.Token));
        Assert.Contains("TaskPlatform can't start. No container engine is available, and redis-server is not installed.", appHost.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_parameter_fails_the_start_and_is_reported_by_its_key()
    {
        using var folder = new TemporaryFolder();
        using var limit = TimeLimit.Of(Limit);

        using var appHost = AppHostProcess.StartIn(
            new Dictionary<string, string> { ["DOTNET_ENVIRONMENT"] = "Production" }, folder.Path, "--DcpPublisher:RandomizePorts=true");

        Assert.Equal(1, await appHost.WaitForExitAsync(limit.Token));
        Assert.Contains("TaskPlatform can't start.", appHost.Output, StringComparison.Ordinal);
        Assert.Contains("Parameters:admin-password", appHost.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_password_that_does_not_match_existing_data_is_reported_with_the_remedy()
    {
        using var folder = new TemporaryFolder();
        using var limit = TimeLimit.Of(2 * Limit);
        using (var first = AppHostProcess.Start(folder.Path, "--DcpPublisher:RandomizePorts=true"))
        {
            await first.WaitForProcessesAsync(["postgres -D"], limit.Token);
            first.Kill();
            await first.WaitForNoProcessAsync(limit.Token);
        }

        var password = Path.Combine(folder.Path, "postgres", "password");
        await File.WriteAllTextAsync(password, "another-password", limit.Token);
        using var second = AppHostProcess.Start(folder.Path, "--DcpPublisher:RandomizePorts=true");

        await second.WaitForOutputAsync($"postgres is not healthy: The password in {password} doesn't match the existing data of 'postgres'.", limit.Token);
        second.Kill();
        await second.WaitForNoProcessAsync(limit.Token);
    }

    [Fact]
    public async Task A_server_that_exits_at_startup_is_reported_with_its_last_output()
    {
        using var folder = new TemporaryFolder();
        using var limit = TimeLimit.Of(Limit);
        Directory.CreateDirectory(folder.PathOf("redis"));
        await File.WriteAllTextAsync(folder.PathOf("redis/appendonlydir"), "a file where Redis wants a folder", limit.Token);

        using var appHost = AppHostProcess.Start(folder.Path, "--DcpPublisher:RandomizePorts=true");

        await appHost.WaitForOutputAsync("redis ended with exit code 1. Last output:", limit.Token);
        appHost.Kill();
        await appHost.WaitForNoProcessAsync(limit.Token);
    }
}
