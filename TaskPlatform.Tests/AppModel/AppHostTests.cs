using Aspire.Hosting.Testing;
using TaskPlatform.Tests.Graph;

namespace TaskPlatform.Tests.AppModel;

public sealed class AppHostTests(Platform platform)
{
    private static readonly string[] Databases = ["auth-db", "tasks-db", "notifications-db"];
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

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
        using var limit = TimeLimit();
        using var appHost = AppHostProcess.Start(folder.Path);
        await appHost.WaitForProcessesAsync(
            ["redis-server", "postgres -D", "TaskPlatform.Auth.dll", "TaskPlatform.Tasks.dll", "TaskPlatform.Notifications.Worker.dll"],
            limit.Token);

        appHost.Kill();

        await appHost.WaitForNobodyAsync(limit.Token);
    }

    private static CancellationTokenSource TimeLimit()
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Patience);

        return limit;
    }
}
