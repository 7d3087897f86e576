using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.EventBus.Redis;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.EventBus;

/// <summary>An event is saved only by the context through which it is published.</summary>
public sealed class PublishTests(RedisServer redis, PostgresServer postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_logs_in_one_process_have_separate_events()
    {
        using var host = await BuildAsync();
        await using var scope = host.Services.CreateAsyncScope();
        var notes = scope.ServiceProvider.GetRequiredService<NotesDb>();
        var sorts = scope.ServiceProvider.GetRequiredService<ColumnTypesDb>();

        notes.Publish(new NoteWritten(1, "in notes"));
        sorts.Publish(new NoteWritten(2, "in sorts"));
        await notes.SaveChangesAsync(Cancellation);

        Assert.Equal("1", (await notes.Set<EventLogRow>().SingleAsync(Cancellation)).AggregateId);
        Assert.Empty(await sorts.Set<EventLogRow>().ToListAsync(Cancellation));
        await sorts.SaveChangesAsync(Cancellation);
        Assert.Equal("2", (await sorts.Set<EventLogRow>().SingleAsync(Cancellation)).AggregateId);
    }

    [Fact]
    public async Task An_event_belongs_to_the_context_instance_that_publishes_it()
    {
        using var host = await BuildAsync();
        await using var scope = host.Services.CreateAsyncScope();
        var injected = scope.ServiceProvider.GetRequiredService<NotesDb>();
        await using var other = await host.Services.GetRequiredService<IDbContextFactory<NotesDb>>().CreateDbContextAsync(Cancellation);

        other.Publish(new NoteWritten(1, "through the other one"));
        await injected.SaveChangesAsync(Cancellation);
        Assert.Empty(await injected.Set<EventLogRow>().ToListAsync(Cancellation));
        await other.SaveChangesAsync(Cancellation);

        Assert.Single(await injected.Set<EventLogRow>().ToListAsync(Cancellation));
    }

    [Fact]
    public async Task A_context_without_a_log_rejects_events()
    {
        await using var db = new NotesDb(new DbContextOptionsBuilder<NotesDb>().UseNpgsql(await postgres.CreateDatabaseAsync(Cancellation)).Options);

        var refusal = Assert.Throws<InvalidOperationException>(() => db.Publish(new NoteWritten(1, "nowhere")));

        Assert.Contains("UsePostgres<NotesDb>(store => store.Outbox(", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_context_with_only_an_inbox_rejects_events()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        var builder = Builder(place);
        builder.Services.AddDbContextPool<NotesDb>(options => options.UseNpgsql(place.Postgres));
        builder.AddEventBus("redis", new EventCatalog().Add<NoteWritten>(), bus => bus.UsePostgres<NotesDb>());
        using var host = builder.Build();
        await using var scope = host.Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<NotesDb>();

        var refusal = Assert.Throws<InvalidOperationException>(() => db.Publish(new NoteWritten(1, "nowhere")));

        Assert.Contains("UsePostgres<NotesDb>(store => store.Outbox(", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_event_that_is_not_in_the_catalog_is_rejected()
    {
        using var host = await BuildAsync();
        await using var scope = host.Services.CreateAsyncScope();

        var refusal = Assert.Throws<InvalidOperationException>(
            () => scope.ServiceProvider.GetRequiredService<NotesDb>().Publish(new NoteErased(1)));

        Assert.Contains("'note.erased'", refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>Builds a service with two logs without starting it, so that it publishes no events.</summary>
    private async Task<IHost> BuildAsync()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        var sorts = await postgres.CreateDatabaseAsync(Cancellation);
        var builder = Builder(place);
        builder.Services.AddPooledDbContextFactory<NotesDb>(options => options.UseNpgsql(place.Postgres));
        builder.Services.AddDbContextPool<NotesDb>(options => options.UseNpgsql(place.Postgres));
        builder.Services.AddDbContextPool<ColumnTypesDb>(options => options.UseNpgsql(sorts));
        builder.AddEventBus("redis", new EventCatalog().Add<NoteWritten>(), bus => bus
            .UsePostgres<NotesDb>(store => store.Outbox("notes"))
            .UsePostgres<ColumnTypesDb>(store => store.Outbox("sorts")));
        var host = builder.Build();
        await using var scope = host.Services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<ColumnTypesDb>().Database.EnsureCreatedAsync(Cancellation);
        return host;
    }

    private static HostApplicationBuilder Builder(BusPlace place)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "publishing" });
        builder.Configuration["ConnectionStrings:redis"] = place.Redis;
        return builder;
    }
}
