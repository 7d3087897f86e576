using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TaskPlatform.EventBus.InMemory;
using TaskPlatform.Tests.Compliance;

namespace TaskPlatform.EventBus.Tests.Hosting;

/// <summary>A missing line of a group's registration is reported at the start.</summary>
public sealed class StartCheckTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_group_without_an_inbox_does_not_start()
    {
        using var host = Build(group => group.Handle<ParcelSent, RecordParcel>());

        var refusal = await Assert.ThrowsAsync<EventBusSetupException>(() => host.StartAsync(Cancellation));

        Assert.Contains("'readers' has no inbox: add UsePostgres<…>() to the bus, or WithoutInbox()", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_group_without_an_inbox_starts_if_it_says_so()
    {
        using var host = Build(group => group.WithoutInbox().Handle<ParcelSent, RecordParcel>());

        await host.StartAsync(Cancellation);
        await host.StopAsync(Cancellation);
    }

    [Fact]
    public async Task A_group_that_requires_all_events_does_not_start_without_one_and_names_it()
    {
        using var host = Build(group => group.UseInMemoryInbox().Handle<ParcelSent, RecordParcel>().RequireAll());

        var refusal = await Assert.ThrowsAsync<EventBusSetupException>(() => host.StartAsync(Cancellation));

        Assert.Contains("'readers' requires all events, but neither handles nor ignores letter.lost.", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_group_that_requires_all_events_starts_if_it_ignores_the_others()
    {
        using var host = Build(group => group.UseInMemoryInbox().Handle<ParcelSent, RecordParcel>().Ignore<LetterLost>().RequireAll());

        await host.StartAsync(Cancellation);
        await host.StopAsync(Cancellation);
    }

    [Fact]
    public async Task A_group_does_not_ignore_what_it_handles()
    {
        using var host = Build(group => group.UseInMemoryInbox().Handle<ParcelSent, RecordParcel>().Ignore<ParcelSent>());

        var refusal = await Assert.ThrowsAsync<EventBusSetupException>(() => host.StartAsync(Cancellation));

        Assert.Contains("both handles and ignores parcel.sent", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_buses_can_be_checked_before_the_host_starts()
    {
        await using var services = new ServiceCollection()
            .AddEventBus(bus => bus.UseInMemory())
            .AddEventBus("second", bus => bus
                .AddEvents(events => events.Add<ParcelSent>())
                .UseInMemory()
                .AddConsumerGroup("readers", group => group.Handle<ParcelSent, RecordParcel>()))
            .BuildServiceProvider();

        await Assert.ThrowsAsync<EventBusSetupException>(() => services.CheckEventBusesAsync(Cancellation));
    }

    private static IHost Build(Action<ConsumerGroupBuilder> configure)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton<Seen>();
        builder.Services.AddEventBus(bus => bus.AddEvents(Deliveries.Catalog).UseInMemory().AddConsumerGroup("readers", configure));
        return builder.Build();
    }
}
