using System.Net;
using TaskPlatform.Auth;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Services;

public sealed class SigningKeyTests(PostgresServer postgres, RedisServer redis)
{
    [Fact]
    public async Task Processes_that_start_together_make_one_key_and_one_admin()
    {
        var settings = await SettingsAsync();

        var started = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => ServiceFactory<AuthService>.Start(settings))));
        try
        {
            var keys = await Task.WhenAll(started.Select(async auth => Assert.Single(await KeysAsync(auth))));
            Assert.Single(keys.Distinct());

            using var admin = await SignInAsync(started[0]);
            using var elsewhere = new ApiClient(started[2].Address, started[2].Address, started[2].Address) { Token = admin.Token };
            Assert.Single((await elsewhere.GetAsync("/api/users")).Json.GetProperty("items").EnumerateArray());
        }
        finally
        {
            foreach (var auth in started)
                await auth.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_key_that_no_longer_signs_is_published_until_its_tokens_have_expired()
    {
        var settings = await SettingsAsync();
        settings["Tokens:KeyLifetime"] = "00:00:01";
        await using var auth = ServiceFactory<AuthService>.Start(settings);
        using var early = await SignInAsync(auth);

        await Task.Delay(TimeSpan.FromSeconds(1.1), TestContext.Current.CancellationToken);
        using var late = await SignInAsync(auth);

        Assert.NotEqual(early.Token!.Split('.')[0], late.Token!.Split('.')[0]);
        Assert.True((await KeysAsync(auth)).Count >= 2);
        Assert.Equal(HttpStatusCode.OK, (await early.GetAsync("/api/users/me")).Status);
    }

    private static async Task<List<string>> KeysAsync(ServiceFactory<AuthService> auth)
    {
        using var client = new ApiClient(auth.Address, auth.Address, auth.Address);
        var answer = await client.GetAsync("/.well-known/jwks.json");
        Assert.True(answer.Headers.CacheControl!.MaxAge > TimeSpan.Zero);
        Assert.DoesNotContain("\"d\"", answer.Text, StringComparison.Ordinal);
        return [.. answer.Json.GetProperty("keys").EnumerateArray().Select(key => key.GetProperty("kid").GetString()!)];
    }

    private static async Task<ApiClient> SignInAsync(ServiceFactory<AuthService> auth)
    {
        var client = new ApiClient(auth.Address, auth.Address, auth.Address);
        await client.LoginAsync(RunningServices.AdminEmail, RunningServices.AdminPassword);
        return client;
    }

    private async Task<Dictionary<string, string>> SettingsAsync() => new()
    {
        ["ConnectionStrings:auth-db"] = $"{await postgres.CreateDatabaseAsync()};Maximum Pool Size=10",
        ["ConnectionStrings:redis"] = redis.ConnectionString,
        ["EventBus:KeyPrefix"] = RedisServer.NewKeyPrefix(),
        ["Admin:Email"] = RunningServices.AdminEmail,
        ["Admin:Password"] = RunningServices.AdminPassword,
    };
}
