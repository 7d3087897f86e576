using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.Tasks;
using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Servers;
using TaskPlatform.Tests.Services;

namespace TaskPlatform.Tests.Faults;

/// <summary>A pooler in front of Postgres in transaction mode.</summary>
[Trait("suite", "faults")]
public sealed class PoolerTests(RedisServer redis, PostgresServer postgres) : IAsyncLifetime
{
    private const string Group = "readers";

    private readonly Pooler pooler = new(postgres);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => pooler.InitializeAsync();

    public ValueTask DisposeAsync() => pooler.DisposeAsync();

    [Fact]
    public async Task With_only_the_pooler_no_event_is_published_and_the_health_check_reports_the_reason()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var process = await BusProcess.StartAsync(place with { Postgres = pooler.To(place.Postgres) });

        await process.WriteAsync(new NoteWritten(1, "good"));
        await process.HealthAsync(HealthStatus.Degraded);

        Assert.Contains(process.Services.GetRequiredService<BusHealth>().Problems.Values, problem => problem.Contains("pooler", StringComparison.Ordinal));
        Assert.Equal(0, await view.DeliveriesAsync());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public async Task The_pooler_is_detected_however_many_idle_sessions_it_has(int idle)
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        var settings = new NpgsqlConnectionStringBuilder(pooler.To(place.Postgres)) { Pooling = false };
        var busy = new List<NpgsqlTransaction>();
        for (var i = 0; i < idle; i++)
        {
            var other = new NpgsqlConnection(settings.ConnectionString);
            await other.OpenAsync(Cancellation);
            busy.Add(await other.BeginTransactionAsync(Cancellation));
            await using var command = new NpgsqlCommand("SELECT 1", other);
            await command.ExecuteNonQueryAsync(Cancellation);
        }

        foreach (var transaction in busy)
        {
            var other = transaction.Connection!;
            await transaction.DisposeAsync();
            await other.DisposeAsync();
        }

        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(Cancellation);

        await Assert.ThrowsAsync<SharedSessionException>(() => PostgresSession.RequireAsync(connection, Cancellation));
    }

    [Fact]
    public async Task A_dedicated_session_is_accepted()
    {
        await using var connection = new NpgsqlConnection($"{postgres.ConnectionString};Pooling=false");
        await connection.OpenAsync(Cancellation);

        await PostgresSession.RequireAsync(connection, Cancellation);
    }

    [Fact]
    public async Task With_a_direct_connection_one_dispatcher_is_elected_and_pooled_sessions_are_not_changed()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        await using var first = await StartAsync(place);
        await using var second = await StartAsync(place);
        await using var load = Load.On(first);

        await load.MoreAsync(100);
        Assert.All(await SettingsAsync(place, "synchronous_commit", times: 50), setting => Assert.Equal("on", setting));
        await load.StopAsync();

        await view.AssertExactlyOnceAsync(Group, load.Written);
        await view.AssertNoAttemptSpentAsync();
        Assert.Equal(load.Written, await view.DeliveriesAsync());
    }

    [Fact]
    public async Task A_service_migrates_its_database_through_the_direct_connection()
    {
        var database = await postgres.CreateDatabaseAsync(Cancellation);
        var settings = Settings(pooler.To(database));
        settings["ConnectionStrings:tasks-db-direct"] = database;

        await using var service = ServiceFactory<TasksService>.Start(settings);

        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(Cancellation);
        await using var count = new NpgsqlCommand("SELECT count(*) FROM event_log", connection);
        Assert.Equal(0L, await count.ExecuteScalarAsync(Cancellation));
    }

    private Task<BusProcess> StartAsync(BusPlace place) => BusProcess.StartAsync(
        place with { Postgres = pooler.To(place.Postgres) },
        services => services.Configure<DirectConnection<NotesDb>>(direct => direct.ConnectionString = place.Postgres),
        configure: null,
        Group);

    private Dictionary<string, string> Settings(string database) => new()
    {
        ["ConnectionStrings:tasks-db"] = database,
        ["ConnectionStrings:redis"] = redis.ConnectionString,
        ["EventBus:KeyPrefix"] = RedisServer.NewKeyPrefix(),
        ["services:auth:http:0"] = "http://127.0.0.1:1",
    };

    /// <summary>The values that requests find in the sessions that the pooler assigns to them.</summary>
    private async Task<List<string>> SettingsAsync(BusPlace place, string name, int times)
    {
        var found = new List<string>();
        for (var i = 0; i < times; i++)
        {
            await using var connection = new NpgsqlConnection(pooler.To(place.Postgres));
            await connection.OpenAsync(Cancellation);
            await using var show = new NpgsqlCommand("SELECT current_setting($1)", connection);
            show.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
            found.Add((string)(await show.ExecuteScalarAsync(Cancellation))!);
        }

        return found;
    }
}
