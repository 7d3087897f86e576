using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TaskPlatform.EventBus.InMemory;
using TaskPlatform.Tests.Compliance;

namespace TaskPlatform.EventBus.Tests.InMemory;

/// <summary>Ordered groups: the events behind a failed one of the same aggregate wait for it.</summary>
public sealed class OrderedTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly InMemoryBroker broker = new();
    private readonly Script script = new();
    private IHost host = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private IDeadLetterQueue DeadLetters => host.Services.GetRequiredService<IDeadLetterQueue>();

    public async ValueTask InitializeAsync()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(script);
        builder.Services.AddEventBus(bus => bus
            .AddEvents(Deliveries.Catalog)
            .UseInMemory(broker)
            .Configure(options => options.RetryDelays.Add(TimeSpan.FromMilliseconds(20)))
            .AddConsumerGroup("readers", group => group.UseInMemoryInbox().Ordered().Handle<ParcelSent, Obey>()));
        host = builder.Build();
        await host.StartAsync(Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync(Cancellation);
        host.Dispose();
        broker.Dispose();
    }

    [Fact]
    public async Task Later_events_of_the_aggregate_wait_for_a_retry_and_other_aggregates_do_not()
    {
        script.Failures[(1, 2)] = 3;

        await PublishAsync((1, 1), (1, 2), (2, 1), (1, 3), (2, 2), (1, 4));
        await UntilAsync(() => script.Handled.Count == 6);

        Assert.Equal([1, 2, 3, 4], script.VersionsOf(1));
        Assert.Equal([1, 2], script.VersionsOf(2));
        Assert.Equal(4, script.Calls[(1, 2)]);
        Assert.True(script.Handled.IndexOf((2, 2)) < script.Handled.IndexOf((1, 2)));
        await UntilAsync(() => broker.Parked.Count("readers") == 0);
    }

    [Fact]
    public async Task Behind_a_dead_letter_they_wait_until_it_is_reprocessed()
    {
        script.Failures[(1, 1)] = 4;

        await PublishAsync((1, 1), (1, 2), (2, 1), (1, 3));
        await UntilAsync(async () => await DeadLetters.CountAllAsync(Cancellation) == 1);
        await PublishAsync((1, 4), (2, 2));
        await UntilAsync(() => script.VersionsOf(2).Count == 2 && broker.Parked.Count("readers") == 4);
        Assert.Empty(script.VersionsOf(1));
        var blocked = Assert.Single(await broker.Parked.FindBlockedAsync("readers", 10, Cancellation));
        Assert.Equal((new SequenceKey("readers", "parcel", "1"), 3L), (blocked.Sequence, blocked.Waiting));

        await DeadLetters.ReprocessAsync([(await DeadLetters.FindNewestAsync(Cancellation))!], Cancellation);
        await UntilAsync(() => script.VersionsOf(1).Count == 4);

        Assert.Equal([1, 2, 3, 4], script.VersionsOf(1));
        await UntilAsync(() => broker.Parked.Count("readers") == 0);
    }

    [Fact]
    public async Task If_it_fails_again_after_it_was_reprocessed_they_wait_on()
    {
        script.Failures[(1, 1)] = 8;

        await PublishAsync((1, 1), (1, 2));
        for (var i = 0; i < 2; i++)
        {
            await UntilAsync(async () => await DeadLetters.CountAllAsync(Cancellation) == 1);
            Assert.Empty(script.VersionsOf(1));
            await DeadLetters.ReprocessAsync([(await DeadLetters.FindNewestAsync(Cancellation))!], Cancellation);
        }

        await UntilAsync(() => script.VersionsOf(1).Count == 2);
        Assert.Equal([1, 2], script.VersionsOf(1));
    }

    [Fact]
    public async Task A_dead_letter_that_is_skipped_is_never_handled_and_the_others_follow()
    {
        script.Failures[(1, 1)] = int.MaxValue;

        await PublishAsync((1, 1), (1, 2), (1, 3));
        await UntilAsync(async () => await DeadLetters.CountAllAsync(Cancellation) == 1);
        var result = Assert.Single(await DeadLetters.SkipAsync([(await DeadLetters.FindNewestAsync(Cancellation))!], Cancellation));
        Assert.Equal(ReprocessOutcome.Reprocessed, result.Outcome);
        await UntilAsync(() => script.VersionsOf(1).Count == 2);

        Assert.Equal([2, 3], script.VersionsOf(1));
        Assert.Equal(4, script.Calls[(1, 1)]);
        Assert.Equal(0, await DeadLetters.CountAllAsync(Cancellation));
        await UntilAsync(() => broker.Parked.Count("readers") == 0);
    }

    [Fact]
    public async Task A_parked_event_that_fails_in_its_turn_holds_back_those_behind_it()
    {
        (script.Failures[(1, 1)], script.Failures[(1, 2)]) = (2, 5);

        await PublishAsync((1, 1), (1, 2), (1, 3));
        await UntilAsync(async () => await DeadLetters.CountAllAsync(Cancellation) == 1);

        Assert.Equal([1], script.VersionsOf(1));
        await DeadLetters.ReprocessAsync([(await DeadLetters.FindNewestAsync(Cancellation))!], Cancellation);
        await UntilAsync(() => script.VersionsOf(1).Count == 3);
        Assert.Equal([1, 2, 3], script.VersionsOf(1));
    }

    [Fact]
    public async Task An_event_whose_payload_is_unreadable_holds_back_later_ones_too()
    {
        await PublishAsync((1, 1));
        broker.Append("parcel.sent", [Deliveries.Field("data", """{"type":"parcel.sent","aggregate_id":"1","data":{"parcel_id":"x"},"timestamp":"2026-01-01T00:00:00Z"}""")]);
        await PublishAsync((1, 2), (2, 1));
        await UntilAsync(async () => await DeadLetters.CountAllAsync(Cancellation) == 1 && script.VersionsOf(2).Count == 1);

        Assert.Equal([1], script.VersionsOf(1));
        await DeadLetters.SkipAsync([(await DeadLetters.FindNewestAsync(Cancellation))!], Cancellation);
        await UntilAsync(() => script.VersionsOf(1).Count == 2);
    }

    private async Task PublishAsync(params (int Parcel, long Version)[] events)
        => await host.Services.GetRequiredService<IEventTransport>().PublishAsync(
            [.. events.Select(one => OutgoingEvent.Create(Deliveries.Catalog, new ParcelSent(one.Parcel), TimeProvider.System.GetUtcNow(), one.Version))], Cancellation);

    private static Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(Limit);
        while (!await condition())
            await Task.Delay(TimeSpan.FromMilliseconds(5), limit.Token);
    }

    private sealed class Script
    {
        private readonly List<(int Parcel, long Version)> handled = [];

        /// <summary>How often an event fails.</summary>
        public ConcurrentDictionary<(int Parcel, long Version), int> Failures { get; } = new();

        public ConcurrentDictionary<(int Parcel, long Version), int> Calls { get; } = new();

        public List<(int Parcel, long Version)> Handled
        {
            get
            {
                lock (handled)
                    return [.. handled];
            }
        }

        public List<long> VersionsOf(int parcel) => [.. Handled.Where(one => one.Parcel == parcel).Select(one => one.Version)];

        public void Call(int parcel, long version)
        {
            if (Calls.AddOrUpdate((parcel, version), 1, (_, before) => before + 1) <= Failures.GetValueOrDefault((parcel, version)))
                throw new InvalidOperationException("It fails.");
            lock (handled)
                handled.Add((parcel, version));
        }
    }

    private sealed class Obey(Script script) : IEventHandler<ParcelSent>
    {
        public Task HandleAsync(ParcelSent data, EventContext context, CancellationToken cancellationToken)
        {
            script.Call(data.ParcelId, context.AggregateVersion ?? 0);
            return Task.CompletedTask;
        }
    }
}
