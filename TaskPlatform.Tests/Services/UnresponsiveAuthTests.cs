using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using TaskPlatform.ServiceDefaults.Tokens;
using TaskPlatform.Tasks;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Services;

/// <summary>An Auth that accepts connections but never responds, or that can't be reached at all.</summary>
[Collection(ServicesTests.Name)]
public sealed class UnresponsiveAuthTests(RunningServices services)
{
    // The timeout of a service's fetch of the keys.
    private static readonly TimeSpan FetchTimeout = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task With_known_keys_no_request_waits_for_Auth()
    {
        await using var proxy = FaultProxy.To(services.AddressOf("auth").Port);
        await using var tasks = ServiceFactory<TasksService>.Start(SettingsWith(proxy.Port));
        using var ann = await services.RegisterAsync();
        using var client = ClientOf(tasks, ann.Token);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/tasks")).Status);

        var held = proxy.HoldRequest(TokenFormat.DiscoveryPath);
        using var stranger = ClientOf(tasks, InventedToken());
        (await stranger.GetAsync("/api/tasks")).AssertProblem(HttpStatusCode.Unauthorized);
        await held.Reached.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        var start = Stopwatch.GetTimestamp();
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => client.GetAsync("/api/tasks")));
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.Status));
        Assert.True(Stopwatch.GetElapsedTime(start) < FetchTimeout);
    }

    [Fact]
    public async Task Without_keys_requests_share_the_wait_for_one_fetch_and_later_ones_do_not_wait()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var tasks = ServiceFactory<TasksService>.Start(SettingsWith(((IPEndPoint)silent.LocalEndpoint).Port));
        using var client = ClientOf(tasks, InventedToken());

        var start = Stopwatch.GetTimestamp();
        await AssertUnavailableAsync(client);
        Assert.True(Stopwatch.GetElapsedTime(start) < 2 * FetchTimeout);

        start = Stopwatch.GetTimestamp();
        await AssertUnavailableAsync(client);
        Assert.True(Stopwatch.GetElapsedTime(start) < FetchTimeout);
    }

    [Fact]
    public async Task Without_keys_and_without_Auth_requests_are_answered_with_503_immediately()
    {
        await using var tasks = ServiceFactory<TasksService>.Start(SettingsWith(port: 1));
        using var client = ClientOf(tasks, InventedToken());

        var start = Stopwatch.GetTimestamp();
        await AssertUnavailableAsync(client);

        Assert.True(Stopwatch.GetElapsedTime(start) < FetchTimeout);
        using var probe = ClientOf(tasks, token: null);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await probe.GetAsync("/health")).Status);
        Assert.Equal(HttpStatusCode.OK, (await probe.GetAsync("/alive")).Status);
    }

    private static async Task AssertUnavailableAsync(ApiClient client)
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => client.GetAsync("/api/tasks")));
        Assert.All(answers, answer => Assert.True(
            answer.AssertProblem(HttpStatusCode.ServiceUnavailable).Headers.RetryAfter?.Delta > TimeSpan.Zero));
    }

    private static ApiClient ClientOf(ServiceFactory<TasksService> tasks, string? token)
        => new(tasks.Address, tasks.Address, tasks.Address) { Token = token };

    private static string InventedToken()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = TokenFormat.Issuer,
            Audience = TokenFormat.Audience,
            SigningCredentials = new SigningCredentials(new ECDsaSecurityKey(key) { KeyId = "invented" }, SecurityAlgorithms.EcdsaSha256),
        });
    }

    private Dictionary<string, string> SettingsWith(int port)
        => new(services.Settings) { ["services:auth:http:0"] = $"http://127.0.0.1:{port}" };
}
