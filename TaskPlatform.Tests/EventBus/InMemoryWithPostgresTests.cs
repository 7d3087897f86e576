using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.InMemory;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.EventBus;

/// <summary>The event log and the inbox in Postgres on the transport in memory.</summary>
public sealed class InMemoryWithPostgresTests(RedisServer redis, PostgresServer postgres)
{
    [Fact]
    public async Task What_is_committed_is_published_and_handled_once_also_after_the_broker_lost_everything()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        Guid eventId;
        using (var broker = new InMemoryBroker())
        await using (var first = await StartAsync(place, broker, "readers"))
        {
            await BusProcess.WriteAsync(first.Services, [new NoteWritten(1, "good")], TestContext.Current.CancellationToken);
            eventId = Assert.Single(await first.Services.GetRequiredService<Seen>().TakeAsync(1)).EventId;
            await SettledAsync(place, effects: 1);
        }

        // Another broker is like a server that was restarted empty: what its groups have not finished is published again.
        using var restarted = new InMemoryBroker();
        await using var second = await StartAsync(place, restarted, "readers", "others");

        var handled = Assert.Single(await second.Services.GetRequiredService<Seen>().TakeAsync(1));
        Assert.Equal((eventId, "others"), (handled.EventId, handled.Group));
        await SettledAsync(place, effects: 2);
    }

    private static async Task<Process> StartAsync(BusPlace place, InMemoryBroker broker, params string[] groups)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "notes" });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["ConnectionStrings:notes-db"] = place.Postgres });
        builder.Services.AddSingleton<Seen>();
        builder.AddNpgsqlDbContext<NotesDb>("notes-db", settings => settings.DisableRetry = true);
        builder.Services.AddEventBus(bus =>
        {
            bus.AddEvents(events => events.Add<NoteWritten>()).UseInMemory(broker).UsePostgres<NotesDb>(store => store.Outbox("notes"));
            foreach (var group in groups)
                bus.AddConsumerGroup(group, consumers => consumers.Handle<NoteWritten, ObeyNote>());
        });
        var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        return new Process(host);
    }

    private static Task<int> SettledAsync(BusPlace place, int effects)
        => BusView.Until(
            async () =>
            {
                await using var db = place.OpenDatabase();
                return await db.Effects.CountAsync(TestContext.Current.CancellationToken);
            },
            count => count == effects);

    private sealed class Process(IHost host) : IAsyncDisposable
    {
        public IServiceProvider Services => host.Services;

        public async ValueTask DisposeAsync()
        {
            await host.StopAsync();
            host.Dispose();
        }
    }
}
