using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.EventBus.Redis;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.EventBus;

/// <summary>The ways to give a bus its connection to Redis.</summary>
public sealed class RegistrationTests(RedisServer redis, PostgresServer postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("name")]
    [InlineData("options")]
    [InlineData("connection")]
    public async Task Events_are_delivered_however_the_bus_gets_its_connection(string form)
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        await using var connection = await ConnectionMultiplexer.ConnectAsync(place.Redis);

        using var host = await StartAsync(place, bus => _ = form switch
        {
            "name" => bus.UseRedis("queue"),
            "options" => bus.UseRedis(ConfigurationOptions.Parse(place.Redis)),
            _ => bus.UseRedis(_ => connection),
        });
        await BusProcess.WriteAsync(host.Services, [new NoteWritten(1, "any")], Cancellation);
        var handled = Assert.Single(await host.Services.GetRequiredService<Seen>().TakeAsync(1));
        await host.StopAsync(Cancellation);

        Assert.Equal("1", handled.AggregateId);
        Assert.Null(host.Services.GetService<IConnectionMultiplexer>());
        Assert.True(connection.IsConnected);
    }

    [Fact]
    public async Task A_shared_connection_that_can_not_end_blocking_reads_is_refused_at_the_start()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);
        var options = ConfigurationOptions.Parse(place.Redis);
        options.AllowAdmin = false;
        await using var connection = await ConnectionMultiplexer.ConnectAsync(options);

        var refusal = await Assert.ThrowsAsync<EventBusSetupException>(() => StartAsync(place, bus => bus.UseRedis(_ => connection)));

        Assert.Contains("allowAdmin=true", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_connection_string_is_named_at_the_start()
    {
        var place = await BusPlace.CreateAsync(redis, postgres);

        var refusal = await Assert.ThrowsAsync<EventBusSetupException>(() => StartAsync(place, bus => bus.UseRedis("elsewhere")));

        Assert.Contains("ConnectionStrings:elsewhere", refusal.Message, StringComparison.Ordinal);
    }

    private static async Task<IHost> StartAsync(BusPlace place, Action<EventBusBuilder> connect)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "notes" });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:queue"] = place.Redis,
            ["EventBus:KeyPrefix"] = place.Prefix,
        });
        builder.Services.AddSingleton<Seen>();
        builder.Services.AddDbContext<NotesDb>(db => db.UseNpgsql(place.Postgres));
        builder.Services.AddEventBus(bus =>
        {
            bus.AddEvents(events => events.Add<NoteWritten>());
            connect(bus);
            bus.UsePostgres<NotesDb>(store => store.Outbox("notes")).AddConsumerGroup("readers", group => group.Handle<NoteWritten, ObeyNote>());
        });
        var host = builder.Build();
        await host.StartAsync(Cancellation);
        return host;
    }
}
