using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TaskPlatform.EventBus.InMemory;
using TaskPlatform.Tests.Compliance;

namespace TaskPlatform.EventBus.Tests.Hosting;

/// <summary>What <c>AddEventBus</c> needs, and what it refuses.</summary>
public sealed class RegistrationTests
{
    [Fact]
    public async Task A_bus_needs_nothing_but_a_service_collection()
    {
        var seen = new Seen();
        await using var services = new ServiceCollection()
            .AddSingleton(seen)
            .AddEventBus(bus => bus
                .AddEvents(events => events.Add<ParcelSent>())
                .UseInMemory()
                .AddConsumerGroup("readers", group => group.UseInMemoryInbox().Handle<ParcelSent, RecordParcel>()))
            .BuildServiceProvider(validateScopes: true);
        var running = services.GetServices<IHostedService>().ToList();
        foreach (var service in running)
            await service.StartAsync(TestContext.Current.CancellationToken);

        await using (var scope = services.CreateAsyncScope())
            await scope.ServiceProvider.GetRequiredService<InMemoryPublisher>().PublishAsync(new ParcelSent(1), cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal((1, "readers"), await seen.NextAsync());
        foreach (var service in Enumerable.Reverse(running))
            await service.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public void A_bus_has_one_transport()
    {
        Refuses("has 0 transports: call UseRedis or UseInMemory once", services => services.AddEventBus(bus => bus.AddEvents(events => events.Add<ParcelSent>())));
        Refuses("'orders' has 2 transports", services => services.AddEventBus("orders", bus => bus.UseInMemory().UseInMemory()));
    }

    [Fact]
    public void A_second_bus_needs_a_name_of_its_own()
    {
        Refuses("needs a name", services => services.AddEventBus(bus => bus.UseInMemory()).AddEventBus(bus => bus.UseInMemory()));
        Refuses("'orders' is registered twice", services => services.AddEventBus("orders", bus => bus.UseInMemory()).AddEventBus("orders", bus => bus.UseInMemory()));
    }

    [Fact]
    public void A_second_group_of_a_name_is_refused()
        => Refuses("'readers' is registered twice", services => services.AddEventBus(bus => bus
            .UseInMemory()
            .AddConsumerGroup("readers", group => { })
            .AddConsumerGroup("readers", group => { })));

    private static void Refuses(string reason, Action<IServiceCollection> register)
        => Assert.Contains(reason, Assert.Throws<InvalidOperationException>(() => register(new ServiceCollection())).Message, StringComparison.Ordinal);
}
