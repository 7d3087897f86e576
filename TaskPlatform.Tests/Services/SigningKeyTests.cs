using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using TaskPlatform.Auth;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Services;

public sealed class SigningKeyTests(PostgresServer postgres, RedisServer redis)
{
    [Fact]
    public async Task Processes_that_start_together_create_one_key_and_one_admin()
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
    public async Task A_retired_key_is_published_until_its_tokens_have_expired()
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

    [Fact]
    public async Task The_next_key_is_published_before_it_signs()
    {
        var time = new ShiftedTime();
        await using var auth = ServiceFactory<AuthService>.Start(await SettingsAsync(), services => services.AddSingleton<TimeProvider>(time));
        var first = Assert.Single(await KeysAsync(auth));

        time.Shift = TimeSpan.FromDays(30) - TimeSpan.FromMinutes(10);
        var keys = await KeysAsync(auth);
        Assert.Equal(2, keys.Count);
        Assert.Equal(first, await SigningKeyIdAsync(auth));

        time.Shift = TimeSpan.FromDays(30) + TimeSpan.FromMinutes(10);
        Assert.Equal(keys, await KeysAsync(auth));
        Assert.Equal(Assert.Single(keys, key => key != first), await SigningKeyIdAsync(auth));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("auth.example:8080")]
    public async Task The_discovery_document_uses_the_host_of_the_request(string host)
    {
        await using var auth = ServiceFactory<AuthService>.Start(await SettingsAsync());
        using var client = new ApiClient(auth.Address, auth.Address, auth.Address);

        var answer = await client.SendAsync(HttpMethod.Get, "/.well-known/openid-configuration", null, ("Host", host));

        Assert.Equal("taskplatform-auth", answer.Json.GetProperty("issuer").GetString());
        Assert.Equal($"http://{host}/.well-known/jwks.json", answer.Json.GetProperty("jwks_uri").GetString());
        Assert.Equal("ES256", Assert.Single(answer.Json.GetProperty("id_token_signing_alg_values_supported").EnumerateArray()).GetString());
    }

    private static async Task<string> SigningKeyIdAsync(ServiceFactory<AuthService> auth)
    {
        using var client = new ApiClient(auth.Address, auth.Address, auth.Address);
        var answer = await client.PostAsync("/api/auth/login", new { Email = RunningServices.AdminEmail, Password = RunningServices.AdminPassword });
        return new JsonWebToken(answer.Json.GetProperty("access_token").GetString()).Kid;
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

    private sealed class ShiftedTime : TimeProvider
    {
        public TimeSpan Shift { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Shift;
    }
}
