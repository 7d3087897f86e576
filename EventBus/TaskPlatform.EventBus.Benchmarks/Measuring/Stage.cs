using StackExchange.Redis;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.EventBus.Benchmarks.Measuring;

/// <summary>A Redis and a Postgres that nobody else uses.</summary>
internal sealed class Stage : IAsyncDisposable
{
    private readonly RedisServer redis = new();
    private readonly PostgresServer postgres;
    private ConnectionMultiplexer connection = null!;

    private Stage(bool isDurable) => postgres = new() { IsDurable = isDurable };

    public IDatabase Redis => connection.GetDatabase();

    public string RedisConnectionString => redis.ConnectionString;

    public string PostgresConnectionString => postgres.ConnectionString;

    /// <summary>Starts both.</summary>
    /// <param name="isDurable">Whether Postgres waits for the disk at each commit, as it must where times are measured.</param>
    public static async Task<Stage> StartAsync(bool isDurable = true)
    {
        var stage = new Stage(isDurable);
        await Task.WhenAll(stage.redis.InitializeAsync().AsTask(), stage.postgres.InitializeAsync().AsTask());
        stage.connection = await ConnectionMultiplexer.ConnectAsync(stage.redis.ConnectionString);
        return stage;
    }

    public Task<BenchmarkEnvironment> NewEnvironmentAsync() => BenchmarkEnvironment.CreateAsync(redis, postgres);

    /// <summary>A database of its own for a service.</summary>
    public Task<string> NewDatabaseAsync() => postgres.CreateDatabaseAsync();

    /// <summary>Measures the servers and this process from now on.</summary>
    public CostMeter Meter()
        => new CostMeter().Add("bus", Environment.ProcessId).Add("redis", redis.ProcessId).Add("postgres", postgres.ProcessId);

    /// <summary>Measures the servers from now on.</summary>
    public CostMeter ServersMeter() => new CostMeter().Add("redis", redis.ProcessId).Add("postgres", postgres.ProcessId);

    public async ValueTask DisposeAsync()
    {
        connection.Dispose();
        await redis.DisposeAsync();
        await postgres.DisposeAsync();
    }
}
