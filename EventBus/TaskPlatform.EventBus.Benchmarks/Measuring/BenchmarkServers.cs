using StackExchange.Redis;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.EventBus.Benchmarks.Measuring;

/// <summary>A Redis and a Postgres server for the benchmarks only.</summary>
internal sealed class BenchmarkServers : IAsyncDisposable
{
    private readonly RedisServer redis = new();
    private readonly PostgresServer postgres;
    private ConnectionMultiplexer connection = null!;

    private BenchmarkServers(bool isDurable) => postgres = new() { IsDurable = isDurable };

    public IDatabase Redis => connection.GetDatabase();

    public string RedisConnectionString => redis.ConnectionString;

    public string PostgresConnectionString => postgres.ConnectionString;

    /// <summary>Starts both servers.</summary>
    /// <param name="isDurable">Whether commits in Postgres wait for the disk, which is required for measurements.</param>
    public static async Task<BenchmarkServers> StartAsync(bool isDurable = true)
    {
        var servers = new BenchmarkServers(isDurable);
        await Task.WhenAll(servers.redis.InitializeAsync().AsTask(), servers.postgres.InitializeAsync().AsTask());
        servers.connection = await ConnectionMultiplexer.ConnectAsync(servers.redis.ConnectionString);
        return servers;
    }

    public Task<BenchmarkEnvironment> NewEnvironmentAsync() => BenchmarkEnvironment.CreateAsync(redis, postgres);

    /// <summary>Creates a database for a service.</summary>
    public Task<string> NewDatabaseAsync() => postgres.CreateDatabaseAsync();

    /// <summary>Starts measuring the servers and this process.</summary>
    public CostMeter Meter()
        => new CostMeter().Add("bus", Environment.ProcessId).Add("redis", redis.ProcessId).Add("postgres", postgres.ProcessId);

    /// <summary>Starts measuring the servers.</summary>
    public CostMeter ServersMeter() => new CostMeter().Add("redis", redis.ProcessId).Add("postgres", postgres.ProcessId);

    public async ValueTask DisposeAsync()
    {
        connection.Dispose();
        await redis.DisposeAsync();
        await postgres.DisposeAsync();
    }
}
