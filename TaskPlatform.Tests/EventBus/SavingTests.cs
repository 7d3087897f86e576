using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.EventBus.Redis;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.EventBus;

/// <summary>Saving entities, with the statements that the bus sends.</summary>
public sealed class SavingTests(RedisServer redis, PostgresServer postgres)
{
    private static readonly DateTimeOffset Morning = new(2026, 1, 15, 8, 30, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(1, true)]
    [InlineData(3, true)]
    [InlineData(3, false)]
    public async Task Values_of_every_type_are_read_back_unchanged(int count, bool inBulk)
    {
        using var host = await StartAsync(inBulk);
        var sorts = Enumerable.Range(1, count).Select(i => new Sort
        {
            Id = i,
            Name = $"número {i}",
            Nothing = null,
            Maybe = i % 2 == 0 ? null : i,
            State = SortState.Done,
            Json = """{"a": 1}""",
            At = Morning,
            Bytes = [1, 2, (byte)i],
            Key = Guid.CreateVersion7(),
            Price = 12.50m,
        }).ToList();
        var lists = Enumerable.Range(1, count).Select(i => new Listed { Id = i, Numbers = [i, i + 1], Names = ["a", "b"] }).ToList();

        await SaveAsync(host, db =>
        {
            db.AddRange(sorts);
            db.AddRange(lists);
        });

        await using var db = host.Services.CreateScope().ServiceProvider.GetRequiredService<ColumnTypesDb>();
        Assert.Equivalent(sorts, await db.Sorts.OrderBy(sort => sort.Id).ToListAsync(TestContext.Current.CancellationToken), strict: true);
        Assert.Equivalent(lists, await db.Lists.OrderBy(list => list.Id).ToListAsync(TestContext.Current.CancellationToken), strict: true);
        Assert.Equal(1L, await ScalarAsync(db, """SELECT count(DISTINCT x) FROM (SELECT xmin::text AS x FROM sorts UNION SELECT xmin::text FROM lists) AS rows"""));
    }

    [Fact]
    public async Task Identity_values_follow_the_order_of_the_events()
    {
        using var host = await StartAsync();

        await SaveAsync(host, _ => { }, [.. Enumerable.Range(0, 300).Select(i => new NoteWritten(300 - i, "text"))]);

        await using var db = host.Services.CreateScope().ServiceProvider.GetRequiredService<ColumnTypesDb>();
        var rows = await db.Set<EventLogRow>().OrderBy(row => row.Id).ToListAsync(TestContext.Current.CancellationToken);
        Assert.Equal(Enumerable.Range(0, 300).Select(i => $"{300 - i}"), rows.Select(row => row.AggregateId));
    }

    [Fact]
    public async Task Saved_entities_have_their_identity_values()
    {
        using var host = await StartAsync();
        var counted = Enumerable.Range(0, 5).Select(i => new Counted { Name = $"{i}" }).ToList();

        await SaveAsync(host, db => db.AddRange(counted));

        Assert.Equal([1, 2, 3, 4, 5], counted.Select(row => row.Id));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2500)]
    public async Task A_rejected_row_rolls_back_all_other_changes(int others)
    {
        using var host = await StartAsync();
        await SaveAsync(host, db => db.Add(new Listed { Id = 7, Numbers = [], Names = [] }));

        var refused = await Assert.ThrowsAsync<DbUpdateException>(() => SaveAsync(
            host,
            db =>
            {
                db.AddRange(Enumerable.Range(1, others).Select(i => new Counted { Name = $"{i}" }));
                db.Add(new Listed { Id = 7, Numbers = [], Names = [] });
            },
            new NoteWritten(1, "text")));

        Assert.Equal(PostgresErrorCodes.UniqueViolation, Assert.IsType<PostgresException>(refused.InnerException).SqlState);
        await using var db = host.Services.CreateScope().ServiceProvider.GetRequiredService<ColumnTypesDb>();
        Assert.Equal((0L, 0L), (await ScalarAsync(db, "SELECT count(*) FROM counted"), await ScalarAsync(db, "SELECT count(*) FROM event_log")));
    }

    [Fact]
    public async Task A_change_that_affects_no_row_rolls_back_its_event()
    {
        using var host = await StartAsync();

        await Assert.ThrowsAsync<DbUpdateConcurrencyException>(() => SaveAsync(
            host, db => db.Update(new Counted { Id = 99, Name = "nobody" }), new NoteWritten(1, "text")));

        await using var db = host.Services.CreateScope().ServiceProvider.GetRequiredService<ColumnTypesDb>();
        Assert.Equal(0L, await ScalarAsync(db, "SELECT count(*) FROM event_log"));
    }

    [Fact]
    public async Task Rows_with_generated_values_are_saved_by_Entity_Framework()
    {
        using var host = await StartAsync();
        await SaveAsync(host, db => db.Add(new Parent { Name = "anna", Children = [new Child { Name = "ben" }, new Child { Name = "cleo" }] }));
        await SaveAsync(host, db => db.Add(new Stamped { Id = 1 }), new NoteWritten(1, "text"));

        await using var db = host.Services.CreateScope().ServiceProvider.GetRequiredService<ColumnTypesDb>();
        var parent = await db.Set<Parent>().Include(p => p.Children).SingleAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["ben", "cleo"], parent.Children.Select(child => child.Name).Order());
        Assert.NotEqual(default, (await db.Set<Stamped>().SingleAsync(TestContext.Current.CancellationToken)).At);
        Assert.Equal(1L, await ScalarAsync(db, "SELECT count(*) FROM event_log"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_inbox_row_of_another_consumer_is_detected_even_if_our_effect_conflicts_first(bool isNewRow)
    {
        using var host = await StartAsync();
        var inbox = host.Services.GetRequiredService<IInbox>();
        var key = new InboxKey("sorters", Guid.CreateVersion7());
        await SaveAsync(host, db => db.Add(new Versioned { Id = 1, Version = 1 }));

        // Both have read the same state, and found no inbox row.
        await using var first = host.Services.CreateAsyncScope();
        await using var second = host.Services.CreateAsyncScope();
        await using var ours = await BeginAsync(first.ServiceProvider);
        await using var theirs = await BeginAsync(second.ServiceProvider);

        Assert.True(await theirs.CommitAsync([key], TestContext.Current.CancellationToken));
        Assert.False(await ours.CommitAsync([key], TestContext.Current.CancellationToken));

        async Task<IInboxTransaction> BeginAsync(IServiceProvider services)
        {
            var transaction = await inbox.BeginAsync(services, [key], [], TestContext.Current.CancellationToken);
            var db = services.GetRequiredService<ColumnTypesDb>();
            if (isNewRow)
                db.Add(new Listed { Id = 1, Numbers = [], Names = [] });
            else
                (await db.Set<Versioned>().SingleAsync(TestContext.Current.CancellationToken)).Version++;
            return transaction;
        }
    }

    [Fact]
    public async Task A_rejected_effect_is_not_mistaken_for_one_of_another_consumer()
    {
        using var host = await StartAsync();
        await SaveAsync(host, db => db.Add(new Listed { Id = 1, Numbers = [], Names = [] }));
        var key = new InboxKey("sorters", Guid.CreateVersion7());
        await using var scope = host.Services.CreateAsyncScope();
        await using var transaction = await host.Services.GetRequiredService<IInbox>()
            .BeginAsync(scope.ServiceProvider, [key], [], TestContext.Current.CancellationToken);
        scope.ServiceProvider.GetRequiredService<ColumnTypesDb>().Add(new Listed { Id = 1, Numbers = [], Names = [] });

        await Assert.ThrowsAsync<DbUpdateException>(() => transaction.CommitAsync([key], TestContext.Current.CancellationToken));
    }

    private static async Task SaveAsync(IHost host, Action<ColumnTypesDb> change, params NoteWritten[] events)
    {
        await using var scope = host.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ColumnTypesDb>();
        change(db);
        foreach (var written in events)
            db.Publish(written);
        await db.SaveChangesAsync(TestContext.Current.CancellationToken);
    }

    private static async Task<object?> ScalarAsync(ColumnTypesDb db, string sql)
    {
        await using var connection = new NpgsqlConnection(db.Database.GetConnectionString());
        await connection.OpenAsync(TestContext.Current.CancellationToken);
#pragma warning disable CA2100 // The statements come from this test.
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Builds a service without starting it, so that it publishes no events.</summary>
    private async Task<IHost> StartAsync(bool inBulk = true)
    {
        var database = await postgres.CreateDatabaseAsync();
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "sorts" });
        builder.Configuration["ConnectionStrings:redis"] = redis.ConnectionString;
        builder.Services.AddDbContextPool<ColumnTypesDb>(options => options.UseNpgsql(database));
        builder.AddEventBus("redis", new EventCatalog().Add<NoteWritten>(), bus => bus.UsePostgres<ColumnTypesDb>(store =>
        {
            store.Outbox("sorts");
            if (inBulk)
                store.UseBulkInserts();
        }));
        var host = builder.Build();
        await using var scope = host.Services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<ColumnTypesDb>().Database.EnsureCreatedAsync(TestContext.Current.CancellationToken);
        return host;
    }
}
