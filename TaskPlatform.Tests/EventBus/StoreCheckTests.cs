using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.InMemory;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.EventBus;

/// <summary>A table of the bus that is missing, and the cleanup of the tables.</summary>
public sealed class StoreCheckTests(PostgresServer postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("DROP TABLE event_log", "The database of NotesDb has no table event_log")]
    [InlineData("DROP TABLE inbox", "The database of NotesDb has no table inbox")]
    [InlineData("ALTER TABLE event_log DROP COLUMN tracestate", "The table event_log in the database of NotesDb lacks tracestate")]
    public async Task A_missing_migration_is_reported_at_the_start(string damage, string complaint)
    {
        var database = await CreateAsync();
        await ExecuteAsync(database, damage);
        using var host = Build<NotesDb>(database, bus => bus.UsePostgres<NotesDb>(store => store.Outbox("notes")).AddConsumerGroup("readers", Handle));

        var refusal = await Assert.ThrowsAsync<EventBusSetupException>(() => host.StartAsync(Cancellation));

        Assert.Contains(complaint, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_table_of_the_model_is_reported_at_the_start()
    {
        var database = await CreateAsync();
        using var log = Build<EmptyDb>(database, bus => bus.UsePostgres<EmptyDb>(store => store.Outbox("notes")));
        using var inbox = Build<EmptyDb>(database, bus => bus.UsePostgres<EmptyDb>().AddConsumerGroup("readers", Handle));

        var noLog = await Assert.ThrowsAsync<EventBusSetupException>(() => log.StartAsync(Cancellation));
        var noInbox = await Assert.ThrowsAsync<EventBusSetupException>(() => inbox.StartAsync(Cancellation));

        Assert.Contains("The model of EmptyDb has no table event_log: call modelBuilder.AddEventLog()", noLog.Message, StringComparison.Ordinal);
        Assert.Contains("The model of EmptyDb has no table inbox: call modelBuilder.AddInbox()", noInbox.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_context_that_is_not_a_service_is_reported_at_the_start()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddEventBus(bus => bus.UseInMemory().UsePostgres<NotesDb>());
        using var host = builder.Build();

        var refusal = await Assert.ThrowsAsync<EventBusSetupException>(() => host.StartAsync(Cancellation));

        Assert.Contains("add AddDbContext<NotesDb>", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_group_of_a_bus_with_several_stores_must_choose_one()
    {
        using var host = Build<NotesDb>(await CreateAsync(), bus => bus.UsePostgres<NotesDb>().UsePostgres<EmptyDb>().AddConsumerGroup("readers", Handle));

        var refusal = await Assert.ThrowsAsync<EventBusSetupException>(() => host.StartAsync(Cancellation));

        Assert.Contains("'readers' must choose that of its inbox, with UseInbox<…>()", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bus_starts_while_its_database_is_unavailable()
    {
        using var host = Build<NotesDb>("Host=127.0.0.1;Port=1;Username=postgres", bus => bus.UsePostgres<NotesDb>(store => store.Outbox("notes")));

        await host.StartAsync(Cancellation);
        await host.StopAsync(Cancellation);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Old_inbox_rows_are_deleted_whichever_line_names_the_database(bool ofGroup)
    {
        var database = await CreateAsync();
        await ExecuteAsync(database, "DROP TABLE event_log"); // A service that publishes nothing needs none.
        await ExecuteAsync(database, "INSERT INTO inbox SELECT 'readers', gen_random_uuid(), now() - n * interval '1 day' FROM generate_series(1, 40) AS n");
        using var host = Build<NotesDb>(database, bus => _ = ofGroup
            ? bus.AddConsumerGroup("readers", group => Handle(group.UseInbox<NotesDb>())).AddConsumerGroup("others", group => Handle(group.UseInbox<NotesDb>()))
            : bus.UsePostgres<NotesDb>().AddConsumerGroup("readers", Handle));
        await host.StartAsync(Cancellation);

        await Assert.Single(host.Services.GetServices<IHostedService>().OfType<RetentionService<NotesDb>>()).RunOnceAsync(Cancellation);
        await host.StopAsync(Cancellation);

        await using var db = new NotesDb(new DbContextOptionsBuilder<NotesDb>().UseNpgsql(database).Options);
        Assert.InRange(await db.Set<InboxRow>().CountAsync(Cancellation), 29, 30);
    }

    private static void Handle(ConsumerGroupBuilder group) => group.Handle<NoteWritten, ObeyNote>();

    private static IHost Build<TDb>(string database, Action<EventBusBuilder> configure)
        where TDb : DbContext
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton<Seen>();
        builder.Services.AddDbContext<TDb>(db => db.UseNpgsql(database)).AddDbContext<EmptyDb>(db => db.UseNpgsql(database));
        builder.Services.AddEventBus(bus => configure(bus.AddEvents(events => events.Add<NoteWritten>()).UseInMemory()));
        return builder.Build();
    }

    private async Task<string> CreateAsync()
    {
        var database = await postgres.CreateDatabaseAsync(Cancellation);
        await using var db = new NotesDb(new DbContextOptionsBuilder<NotesDb>().UseNpgsql(database).Options);
        await db.Database.EnsureCreatedAsync(Cancellation);
        return database;
    }

    private static async Task ExecuteAsync(string database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(database);
#pragma warning disable CA2100 // The statements come from this test.
        await using var command = source.CreateCommand(sql);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private sealed class EmptyDb(DbContextOptions<EmptyDb> options) : DbContext(options);
}
