using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.InMemory;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.EventBus.Redis;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.EventBus;

/// <summary>A bus on Redis beside one in memory, in one process and with one database.</summary>
public sealed class SeveralBusesTests(RedisServer redis, PostgresServer postgres)
{
    private const string Remote = "remote";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_handler_of_the_bus_in_memory_publishes_to_the_bus_on_Redis_in_the_transaction_of_its_inbox()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var view = await BusView.OfAsync(place);
        using var host = Build(place);
        await host.StartAsync(Cancellation);

        await using (var scope = host.Services.CreateAsyncScope())
            await scope.ServiceProvider.GetRequiredService<InMemoryPublisher>().PublishAsync(new NoteErased(3), cancellationToken: Cancellation);
        var handled = Assert.Single(await host.Services.GetRequiredService<Seen>().TakeAsync(1));

        Assert.Equal(("readers", "3"), (handled.Group, handled.AggregateId));
        var erased = Assert.Single(await host.Services.GetRequiredService<IStreamAdmin>().EntriesAsync("note.erased", 10, null, newestFirst: true, Cancellation));
        var entry = Assert.Single(await view.EntriesAsync("events:note.written"));
        Assert.Equal(erased.Headers["event_id"], entry["causation_id"]);
        Assert.Equal(handled.EventId.ToString(), entry["event_id"]);
        Assert.Empty(await view.EntriesAsync("events:note.erased"));
        await host.StopAsync(Cancellation);
    }

    [Fact]
    public async Task Health_and_administration_of_a_bus_have_its_name()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        using var host = Build(place);
        await host.StartAsync(Cancellation);

        var health = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Cancellation);
        var deadLetters = await host.Services.GetRequiredKeyedService<IDeadLetterQueue>(Remote).CountAllAsync(Cancellation);
        await host.StopAsync(Cancellation);

        Assert.Equal(["event-bus", $"event-bus-{Remote}", $"outbox-{Remote}"], health.Entries.Keys.Order());
        Assert.Equal(0, deadLetters);
    }

    [Fact]
    public void A_context_has_the_outbox_of_one_bus()
    {
        var services = new ServiceCollection();
        services.AddEventBus(bus => bus.UseInMemory().UsePostgres<NotesDb>(store => store.Outbox("notes")));

        var refusal = Assert.Throws<InvalidOperationException>(() => services.AddEventBus(Remote, bus => bus.UseRedis("redis").UsePostgres<NotesDb>(store => store.Outbox("more"))));

        Assert.Contains("NotesDb has two outboxes: 'notes' of the default bus, and 'more' of the bus 'remote'", refusal.Message, StringComparison.Ordinal);
    }

    private static IHost Build(BusPlace place)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "notes" });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:redis"] = place.Redis,
            [$"EventBuses:{Remote}:KeyPrefix"] = place.Prefix,
        });
        builder.Services.AddSingleton<Seen>();
        builder.Services.AddDbContextPool<NotesDb>(db => db.UseNpgsql(place.Postgres));
        builder.Services
            .AddEventBus(bus => bus
                .AddEvents(events => events.Add<NoteErased>())
                .UseInMemory()
                .AddConsumerGroup("forwarding", group => group.UseInbox<NotesDb>().Handle<NoteErased, ForwardErasure>()))
            .AddEventBus(Remote, bus => bus
                .AddEvents(events => events.Add<NoteWritten>())
                .UseRedis("redis")
                .UsePostgres<NotesDb>(store => store.Outbox("notes"))
                .AddConsumerGroup("readers", group => group.Handle<NoteWritten, ObeyNote>()));
        return builder.Build();
    }

    private sealed class ForwardErasure(NotesDb db) : IEventHandler<NoteErased>
    {
        public Task HandleAsync(NoteErased data, EventContext context, CancellationToken cancellationToken)
        {
            db.Publish(new NoteWritten(data.NoteId, "was erased"));
            return Task.CompletedTask;
        }
    }
}
