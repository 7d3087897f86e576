using Microsoft.EntityFrameworkCore;
using TaskPlatform.EventBus;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.EventBus;

/// <summary>Where the processes of one test meet: a key prefix in Redis, and a database.</summary>
internal sealed record BusPlace(string Redis, string Postgres, string Prefix)
{
    /// <summary>What the handlers of its processes commit their effects with.</summary>
    public UnitOfWork UnitOfWork { get; init; }

    /// <summary>How long its processes' handlers of notes may run; null for the bus's default.</summary>
    public TimeSpan? HandlerTimeout { get; init; }

    /// <summary>The delays before the retries of its processes' handlers of notes; null for the bus's.</summary>
    public TimeSpan[]? HandlerRetries { get; init; }

    public static async Task<BusPlace> CreateAsync(RedisServer redis, PostgresServer postgres)
    {
        var place = new BusPlace(redis.ConnectionString, await postgres.CreateDatabaseAsync(), RedisServer.NewKeyPrefix());
        await using var db = place.OpenDatabase();
        await db.Database.EnsureCreatedAsync(TestContext.Current.CancellationToken);
        return place;
    }

    /// <summary>The same place, reached through proxies.</summary>
    public BusPlace Through(FaultProxy? redis = null, FaultProxy? postgres = null) => this with
    {
        Redis = redis is null ? Redis : Redis.Replace(Redis[..Redis.IndexOf(',')], $"127.0.0.1:{redis.Port}", StringComparison.Ordinal),
        Postgres = postgres is null ? Postgres : new Npgsql.NpgsqlConnectionStringBuilder(Postgres) { Port = postgres.Port }.ConnectionString,
    };

    public NotesDb OpenDatabase() => new(new DbContextOptionsBuilder<NotesDb>().UseNpgsql(Postgres).Options);
}
