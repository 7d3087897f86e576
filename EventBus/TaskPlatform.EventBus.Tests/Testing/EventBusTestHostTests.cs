using Microsoft.Extensions.DependencyInjection;
using TaskPlatform.EventBus.InMemory;
using TaskPlatform.EventBus.Testing;
using TaskPlatform.Tests.Compliance;

namespace TaskPlatform.EventBus.Tests.Testing;

/// <summary>What the package for users' tests promises them.</summary>
public sealed class EventBusTestHostTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_handler_publishes_is_there_once_the_bus_has_settled()
    {
        await using var bus = await StartAsync();

        await bus.PublishAsync(new ParcelSent(1), cancellationToken: Cancellation);
        await bus.PublishAsync(new ParcelSent(2), cancellationToken: Cancellation);
        await bus.SettleAsync(cancellationToken: Cancellation);

        Assert.Equal([1, 2], (await bus.PublishedAsync<LetterLost>(Cancellation)).Select(lost => lost.LetterId).Order());
        Assert.Empty(await bus.DeadLettersAsync(Cancellation));
    }

    [Fact]
    public async Task Retries_cost_no_real_time_and_the_clock_shows_their_delays()
    {
        await using var bus = await StartAsync();
        var started = bus.Clock.GetUtcNow();

        await bus.PublishAsync(new ParcelSent(-1), cancellationToken: Cancellation);
        await bus.SettleAsync(cancellationToken: Cancellation);

        Assert.Equal(("exhausted", 3), (Assert.Single(await bus.DeadLettersAsync(Cancellation)).Reason, bus.Services.GetRequiredService<Attempts>().Count));
        Assert.InRange(bus.Clock.GetUtcNow() - started, TimeSpan.FromMinutes(60), TimeSpan.FromMinutes(90));
        Assert.Single(await bus.PublishedAsync<ParcelSent>(Cancellation));
        Assert.Empty(await bus.PublishedAsync<LetterLost>(Cancellation));
    }

    [Fact]
    public async Task Retries_without_a_delay_settle_as_well()
    {
        await using var bus = await StartAsync(TimeSpan.Zero, TimeSpan.Zero);

        await bus.PublishAsync(new ParcelSent(-1), cancellationToken: Cancellation);
        await bus.SettleAsync(cancellationToken: Cancellation);

        Assert.Equal(3, Assert.Single(await bus.DeadLettersAsync(Cancellation)).Attempts);
    }

    [Fact]
    public async Task A_handler_that_does_not_return_is_named_by_its_group()
    {
        await using var bus = await StartAsync();
        var attempts = bus.Services.GetRequiredService<Attempts>();
        attempts.Hold = new TaskCompletionSource();

        await bus.PublishAsync(new ParcelSent(1), cancellationToken: Cancellation);
        var failure = await Assert.ThrowsAsync<TimeoutException>(() => bus.SettleAsync(TimeSpan.FromMilliseconds(200), Cancellation));
        attempts.Hold.SetResult();
        await bus.SettleAsync(cancellationToken: Cancellation);

        Assert.Contains("senders", failure.Message, StringComparison.Ordinal);
        Assert.Single(await bus.PublishedAsync<LetterLost>(Cancellation));
    }

    [Fact]
    public async Task A_group_without_handlers_fails_at_the_start()
        => await Assert.ThrowsAsync<EventBusSetupException>(() => EventBusTestHost.StartAsync(
            bus => bus.AddEvents(Deliveries.Catalog).AddConsumerGroup("empty", group => group.UseInMemoryInbox()), cancellationToken: Cancellation));

    [Fact]
    public void A_context_can_be_made_for_a_handler_that_is_called_directly()
    {
        var context = TestEventContext.For(new ParcelSent(7), attempt: 2);

        Assert.Equal(("parcel.sent", "7", "test", 2), (context.Type, context.AggregateId, context.Group, context.Attempt));
        Assert.NotEqual(Guid.Empty, context.EventId);
    }

    private static Task<EventBusTestHost> StartAsync() => StartAsync(TimeSpan.FromMinutes(15), TimeSpan.FromHours(1));

    private static Task<EventBusTestHost> StartAsync(params TimeSpan[] delays) => EventBusTestHost.StartAsync(
        bus => bus.AddEvents(Deliveries.Catalog).AddConsumerGroup("senders", group => group
            .UseInMemoryInbox()
            .Handle<ParcelSent, LoseParcel>(handler => handler.Retry(delays))),
        services => services.AddSingleton<Attempts>(),
        Cancellation);

    private sealed class Attempts
    {
        public int Count { get; set; }

        public TaskCompletionSource? Hold { get; set; }
    }

    /// <summary>Loses every parcel; one with a negative number can't even be lost.</summary>
    private sealed class LoseParcel(InMemoryPublisher publisher, Attempts attempts) : IEventHandler<ParcelSent>
    {
        public async Task HandleAsync(ParcelSent data, EventContext context, CancellationToken cancellationToken)
        {
            attempts.Count++;
            if (attempts.Hold is { } hold)
                await hold.Task;
            await publisher.PublishAsync(new LetterLost(data.ParcelId), cancellationToken: cancellationToken);
            if (data.ParcelId < 0)
                throw new InvalidOperationException("It is nowhere.");
        }
    }
}
