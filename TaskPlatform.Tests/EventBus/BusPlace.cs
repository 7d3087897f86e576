using Microsoft.EntityFrameworkCore;
using TaskPlatform.EventBus;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.EventBus;

/// <summary>What the processes of a test share: a key prefix in Redis, and a database.</summary>
internal sealed record BusPlace(string Redis, string Postgres, string Prefix)
{
    /// <summary>The unit of work of the handlers.</summary>
    public UnitOfWork UnitOfWork { get; init; }

    /// <summary>The timeout of the handlers of notes; null for the bus's default.</summary>
    public TimeSpan? HandlerTimeout { get; init; }

    /// <summary>The delays before the retries of its processes' handlers of notes; null for the bus's.</summary>
    public TimeSpan[]? HandlerRetries { get; init; }

    /// <summary>Whether a second handler, <see cref="MarkNote"/>, handles notes in a transaction of its own.</summary>
    public bool HasSecondHandler { get; init; }

    /// <summary>Whether notes are revised, which is a third event type.</summary>
    public bool HasRevisions { get; init; }

    /// <summary>Whether its groups are ordered.</summary>
    public bool IsOrdered { get; init; }

    /// <summary>The topology of its processes; null for the default.</summary>
    public string? Topology { get; init; }

    /// <summary>The topology that it replaces.</summary>
    public string? ReplacedTopology { get; init; }

    /// <summary>Whether the context's inserts go through the bus's own batches.</summary>
    public bool InBulk { get; init; } = true;

    public static async Task<BusPlace> CreateAsync(RedisServer redis, PostgresServer postgres)
    {
        var place = new BusPlace(redis.ConnectionString, await postgres.CreateDatabaseAsync(), RedisServer.NewKeyPrefix());
        await using var db = place.OpenDatabase();
        await db.Database.EnsureCreatedAsync(TestContext.Current.CancellationToken);
        return place;
    }

    /// <summary>The same servers, accessed through proxies.</summary>
    public BusPlace Through(FaultProxy? redis = null, FaultProxy? postgres = null) => this with
    {
        Redis = redis is null ? Redis : Redis.Replace(Redis[..Redis.IndexOf(',')], $"127.0.0.1:{redis.Port}", StringComparison.Ordinal),
        Postgres = postgres is null ? Postgres : new Npgsql.NpgsqlConnectionStringBuilder(Postgres) { Port = postgres.Port }.ConnectionString,
    };

    public NotesDb OpenDatabase() => new(new DbContextOptionsBuilder<NotesDb>().UseNpgsql(Postgres).Options);
}
