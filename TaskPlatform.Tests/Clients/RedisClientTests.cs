using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Clients;

/// <summary>What the services count on in Aspire's Redis client, whichever feed it comes from.</summary>
public sealed class RedisClientTests(RedisServer redis)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_connection_string_of_the_name_is_used_and_its_health_known()
    {
        using var host = Host(("ConnectionStrings:redis", redis.ConnectionString));

        var database = host.Services.GetRequiredService<IConnectionMultiplexer>().GetDatabase();
        var key = RedisServer.NewKeyPrefix();
        await database.StringSetAsync(key, "x");

        Assert.Equal("x", await database.StringGetAsync(key));
        Assert.Equal(HealthStatus.Healthy, await HealthAsync(host));
    }

    [Fact]
    public async Task A_server_that_is_away_makes_unhealthy_and_is_reached_once_it_is_back()
    {
        await using var server = await RedisServer.StartNewAsync();
        await server.StopAsync(Cancellation);
        using var host = Host(
            ("ConnectionStrings:redis", server.ConnectionString),
            ("Aspire:StackExchange:Redis:ConfigurationOptions:ConnectTimeout", "500"));

        Assert.Equal(HealthStatus.Unhealthy, await HealthAsync(host));

        var connection = host.Services.GetRequiredService<IConnectionMultiplexer>();
        var restored = new TaskCompletionSource();
        connection.ConnectionRestored += (_, restoration) =>
        {
            if (restoration.ConnectionType == ConnectionType.Interactive)
                restored.TrySetResult();
        };
        await server.StartAsync(Cancellation);
        await restored.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

        Assert.Equal(HealthStatus.Healthy, await HealthAsync(host));
    }

    [Fact]
    public void A_missing_connection_string_is_asked_for_by_its_place_in_the_configuration()
    {
        using var host = Host();

        var refusal = Assert.Throws<InvalidOperationException>(host.Services.GetRequiredService<IConnectionMultiplexer>);
        Assert.Contains("'ConnectionStrings:redis'", refusal.Message, StringComparison.Ordinal);
    }

    private static IHost Host(params (string Key, string Value)[] configuration)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(settings: null);
        foreach (var (key, value) in configuration)
            builder.Configuration[key] = value;
        builder.AddRedisClient("redis");
        return builder.Build();
    }

    private static async Task<HealthStatus> HealthAsync(IHost host)
        => (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Cancellation)).Status;
}
