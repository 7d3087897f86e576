using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using TaskPlatform.EventBus.InMemory;
using TaskPlatform.Tests.Compliance;

namespace TaskPlatform.EventBus.Tests.Hosting;

/// <summary>Several buses in a process.</summary>
public sealed class NamedBusTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Buses_with_the_same_event_and_group_do_not_see_each_others_events()
    {
        var (first, second) = (new Seen(), new Seen());
        using var host = await StartAsync(
            services => services.AddKeyedSingleton("first", first).AddKeyedSingleton("second", second),
            bus => bus.AddConsumerGroup("readers", group => group.UseInMemoryInbox().Handle<ParcelSent, FirstReader>()),
            bus => bus.AddConsumerGroup("readers", group => group.UseInMemoryInbox().Handle<ParcelSent, SecondReader>()));

        await PublishAsync(host, "first", new ParcelSent(1));
        await PublishAsync(host, "second", new ParcelSent(2));

        Assert.Equal((1, "readers"), await first.NextAsync());
        Assert.Equal((2, "readers"), await second.NextAsync());
        await host.StopAsync(Cancellation);
        Assert.Equal((0, 0), (first.Count, second.Count));
        foreach (var (bus, parcel) in new[] { ("first", "1"), ("second", "2") })
        {
            var streams = host.Services.GetRequiredKeyedService<IStreamAdmin>(bus);
            Assert.Equal(parcel, Assert.Single(await streams.EntriesAsync("parcel.sent", 10, null, newestFirst: true, Cancellation)).AggregateId);
        }
    }

    [Fact]
    public async Task A_handler_of_one_bus_publishes_to_another_and_is_the_cause_of_that_event()
    {
        var seen = new Seen();
        using var host = await StartAsync(
            services => services.AddSingleton(seen),
            bus => bus.AddConsumerGroup("forwarding", group => group.UseInMemoryInbox().Handle<ParcelSent, ForwardParcel>()),
            bus => bus.AddConsumerGroup("readers", group => group.UseInMemoryInbox().Handle<ParcelSent, RecordParcel>()));

        await PublishAsync(host, "first", new ParcelSent(7));

        Assert.Equal((7, "readers"), await seen.NextAsync());
        var original = Assert.Single(await EntriesAsync(host, "first"));
        var forwarded = Assert.Single(await EntriesAsync(host, "second"));
        Assert.Equal(original.Headers["event_id"], forwarded.Headers["causation_id"]);
        Assert.Equal(original.Headers["correlation_id"], forwarded.Headers["correlation_id"]);
        await host.StopAsync(Cancellation);
    }

    [Fact]
    public async Task A_named_bus_stands_beside_the_default_bus_with_options_and_health_of_its_own()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["EventBus:MaxRetries"] = "1", ["EventBuses:second:MaxRetries"] = "2" });
        builder.Services
            .AddEventBus(bus => bus.UseInMemory())
            .AddEventBus("second", bus => bus.UseInMemory().Configure(options => options.DrainTimeout = TimeSpan.FromSeconds(50)));
        using var host = builder.Build();
        await host.StartAsync(Cancellation);

        var health = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Cancellation);

        Assert.Equal(["event-bus", "event-bus-second"], health.Entries.Keys.Order());
        var options = host.Services.GetRequiredService<IOptionsMonitor<EventBusOptions>>();
        Assert.Equal((1, 2), (options.CurrentValue.MaxRetries, options.Get("second").MaxRetries));
        Assert.Equal(TimeSpan.FromSeconds(30 + 50 + 10), host.Services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout);
        Assert.NotSame(host.Services.GetRequiredService<IEventTransport>(), host.Services.GetRequiredKeyedService<IEventTransport>("second"));
        await host.StopAsync(Cancellation);
    }

    [Fact]
    public async Task An_invalid_setting_of_a_named_bus_is_reported_with_its_section()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration["EventBuses:second:InboxRetention"] = "1.00:00:00";
        builder.Services.AddEventBus("second", bus => bus.UseInMemory());

        var refusal = await Assert.ThrowsAsync<OptionsValidationException>(async () =>
        {
            using var host = builder.Build();
            await host.StartAsync(Cancellation);
        });

        Assert.Contains("EventBuses:second:InboxRetention is 1.00:00:00, less than EventBuses:second:StreamRetention", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_background_service_of_a_named_bus_that_fails_stops_the_host()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddEventBus("second", bus => bus.UseInMemory().Parts.AddHostedService<Failing>());
        using var host = builder.Build();

        await host.StartAsync(Cancellation);
        await host.WaitForShutdownAsync(Cancellation).WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

        Assert.True(host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopped.IsCancellationRequested);
    }

    private static async Task<IHost> StartAsync(Action<IServiceCollection> services, Action<EventBusBuilder> first, Action<EventBusBuilder> second)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        services(builder.Services);
        foreach (var (name, configure) in new[] { ("first", first), ("second", second) })
            builder.Services.AddEventBus(name, bus => configure(bus.AddEvents(events => events.Add<ParcelSent>()).UseInMemory()));
        var host = builder.Build();
        await host.StartAsync(Cancellation);
        return host;
    }

    private static async Task PublishAsync(IHost host, string bus, ParcelSent data)
    {
        await using var scope = host.Services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredKeyedService<InMemoryPublisher>(bus).PublishAsync(data, cancellationToken: Cancellation);
    }

    private static Task<IReadOnlyList<StreamEntry>> EntriesAsync(IHost host, string bus)
        => host.Services.GetRequiredKeyedService<IStreamAdmin>(bus).EntriesAsync("parcel.sent", 10, null, newestFirst: true, Cancellation);

    private sealed class FirstReader([FromKeyedServices("first")] Seen seen) : Reader(seen);

    private sealed class SecondReader([FromKeyedServices("second")] Seen seen) : Reader(seen);

    private abstract class Reader(Seen seen) : IEventHandler<ParcelSent>
    {
        public Task HandleAsync(ParcelSent data, EventContext context, CancellationToken cancellationToken)
        {
            seen.Add(data.ParcelId, context.Group);
            return Task.CompletedTask;
        }
    }

    private sealed class ForwardParcel([FromKeyedServices("second")] InMemoryPublisher publisher) : IEventHandler<ParcelSent>
    {
        public Task HandleAsync(ParcelSent data, EventContext context, CancellationToken cancellationToken)
            => publisher.PublishAsync(data, cancellationToken: cancellationToken);
    }

    private sealed class Failing : BackgroundService
    {
        protected override Task ExecuteAsync(CancellationToken stoppingToken) => throw new InvalidOperationException("A bug.");
    }
}
