using Aspire.Hosting.Testing;
using TaskPlatform.Tests.Graph;

namespace TaskPlatform.Tests.AppHost;

/// <summary>What the AppHost gives to the services.</summary>
[Collection(SharedPlatform.Name)]
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
}
