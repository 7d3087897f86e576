using Npgsql;
using StackExchange.Redis;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.EventBus.Benchmarks.Bus;

/// <summary>The isolated environment of one measurement: a key prefix in Redis, and a database.</summary>
internal sealed record BenchmarkEnvironment(string Redis, string Postgres, string Prefix)
{
    public const string Group = "benchmark";

    public static readonly string Stream = StreamName.Of(Measured.Type);

    public string StreamKey => Prefix + Stream;

    public static async Task<BenchmarkEnvironment> CreateAsync(RedisServer redis, PostgresServer postgres)
    {
        var environment = new BenchmarkEnvironment(
            redis.ConnectionString, await postgres.CreateDatabaseAsync() + ";Maximum Pool Size=40", RedisServer.NewKeyPrefix());
        await using var db = BenchmarkDb.Open(environment.Postgres);
        await db.Database.EnsureCreatedAsync();
        return environment;
    }

    public async Task<long> CountAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(Postgres);
        await connection.OpenAsync();
#pragma warning disable CA2100 // The statements contain no user input.
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 120 };
#pragma warning restore CA2100
        return Convert.ToInt64(await command.ExecuteScalarAsync(), System.Globalization.CultureInfo.InvariantCulture);
    }

    public Task ExecuteAsync(string sql) => CountAsync(sql + "; SELECT 0");

    public Task<long> StreamLengthAsync(IDatabase redis) => redis.StreamLengthAsync(StreamKey);

    public async Task<long> PendingAsync(IDatabase redis, string group = Group)
        => (await redis.StreamPendingAsync(StreamKey, group)).PendingMessageCount;

    /// <summary>Frees the memory and the disk space that the measurement used.</summary>
    public async Task EraseAsync(IDatabase redis)
    {
        await redis.ExecuteAsync("FLUSHALL");
        NpgsqlConnection.ClearAllPools();
        var database = new NpgsqlConnectionStringBuilder(Postgres).Database;
        var server = this with { Postgres = new NpgsqlConnectionStringBuilder(Postgres) { Database = "postgres" }.ConnectionString };
        await using var connection = new NpgsqlConnection(server.Postgres);
        await connection.OpenAsync();
#pragma warning disable CA2100 // The name contains no user input.
        await using var drop = new NpgsqlCommand($"DROP DATABASE IF EXISTS {database} WITH (FORCE)", connection);
#pragma warning restore CA2100
        await drop.ExecuteNonQueryAsync();
    }
}
