using Aspire.Hosting.Testing;
using TaskPlatform.Tests.Graph;

namespace TaskPlatform.Tests.AppHost;

/// <summary>What the AppHost gives to the services, and what is left when it is killed.</summary>
public sealed class AppHostTests(Platform platform)
{
    private static readonly string[] Databases = ["auth-db", "tasks-db", "notifications-db"];

    [Fact]
    public async Task Connection_strings_have_the_form_that_every_client_knows()
    {
        Assert.Matches(@"^localhost:\d+,password=[^,]+$", await platform.App.GetConnectionStringAsync("redis", TestContext.Current.CancellationToken));

        foreach (var database in Databases)
            Assert.Matches(
                $"^Host=localhost;Port=\\d+;Username=postgres;Password=[^;]+;Database={database}$",
                await platform.App.GetConnectionStringAsync(database, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Nothing_outlives_an_apphost_that_is_killed()
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
