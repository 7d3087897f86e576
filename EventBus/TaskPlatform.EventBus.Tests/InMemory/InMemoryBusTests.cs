using System.Globalization;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using TaskPlatform.EventBus.InMemory;
using TaskPlatform.Tests.Compliance;

namespace TaskPlatform.EventBus.Tests.InMemory;

/// <summary>The engine on the transport in memory, under a fake clock.</summary>
public sealed class InMemoryBusTests : IAsyncDisposable
{
    private readonly FakeTimeProvider clock = new(DateTimeOffset.UnixEpoch.AddYears(50));
    private readonly InMemoryBroker broker;
    private readonly List<IHost> hosts = [];

    public InMemoryBusTests() => broker = new InMemoryBroker(clock);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        foreach (var host in hosts)
        {
            await host.StopAsync(Cancellation);
            host.Dispose();
        }

        broker.Dispose();
    }

    [Fact]
    public async Task An_event_is_handled_and_what_its_handler_publishes_names_it_as_its_cause()
    {
        var seen = await StartAsync();

        await PublishAsync(new ParcelSent(1));
        var handled = await NextAsync(seen);
        await SettledAsync();

        Assert.Equal((1, 0, "readers", "1"), (handled.Number, handled.Context.Attempt, handled.Context.Group, handled.Context.AggregateId));
        var caused = Assert.Single(broker.Stream("letter.lost").Entries).Fields;
        Assert.Equal(handled.Context.EventId.ToString(), Deliveries.Text(caused, "causation_id"));
        Assert.Equal(handled.Context.CorrelationId, Deliveries.Text(caused, "correlation_id"));
    }

    [Fact]
    public async Task A_handler_that_fails_publishes_nothing_is_retried_after_the_delays_and_then_dead_lettered()
    {
        var seen = await StartAsync();

        await PublishAsync(new ParcelSent(-1));
        var attempts = new List<int>();
        for (var i = 0; i < 4; i++)
            attempts.Add((await NextAsync(seen)).Context.Attempt);
        await SettledAsync();

        Assert.Equal([0, 1, 2, 3], attempts);
        var entries = broker.Stream("parcel.sent").Entries;
        var firstFailedAt = DateTimeOffset.Parse(Deliveries.Text(entries[1].Fields, "first_failed_at")!, CultureInfo.InvariantCulture);
        Assert.InRange(entries[1].Id.Time - firstFailedAt, TimeSpan.FromSeconds(0.79), TimeSpan.FromSeconds(4));
        Assert.True(entries[2].Id.Time - entries[1].Id.Time >= TimeSpan.FromSeconds(4));
        Assert.True(entries[3].Id.Time - entries[2].Id.Time >= TimeSpan.FromSeconds(24));
        Assert.Empty(broker.Stream("letter.lost").Entries);
        Assert.Equal(("exhausted", 4), (Assert.Single(broker.DeadLetters.All).Entry.Reason, broker.DeadLetters.All.Single().Entry.Attempts));
    }

    [Fact]
    public async Task An_event_that_is_published_twice_is_handled_once_also_by_another_process()
    {
        var seen = await StartAsync();
        var other = await StartAsync("b");
        var fields = OutgoingEvent.Create(Deliveries.Catalog, new ParcelSent(1), clock.GetUtcNow()).ToFields();

        for (var i = 0; i < 10; i++)
            broker.Append("parcel.sent", fields);
        await SettledAsync();

        Assert.Single(broker.Stream("letter.lost").Entries);
        Assert.InRange(seen.Reader.Count + other.Reader.Count, 1, 2);
    }

    [Fact]
    public async Task Events_of_one_process_are_handled_by_another_after_its_stop()
    {
        await StartAsync("a");
        await hosts[0].StopAsync(Cancellation);
        await PublishAsync(new ParcelSent(1));

        var seen = await StartAsync("b");

        Assert.Equal(1, (await NextAsync(seen)).Number);
    }

    [Fact]
    public async Task Outside_of_a_handler_an_unknown_event_and_a_full_stream_are_errors()
    {
        await StartAsync();
        await using var scope = hosts[0].Services.CreateAsyncScope();
        var publisher = scope.ServiceProvider.GetRequiredService<InMemoryPublisher>();
        broker.Append("parcel.sent", [], EntryId.MaxValue.ToString());

        var full = await Assert.ThrowsAsync<InvalidOperationException>(() => publisher.PublishAsync(new ParcelSent(1), cancellationToken: Cancellation));
        Assert.Contains("used up its ids", full.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidOperationException>(() => publisher.PublishAsync(new Unregistered(), cancellationToken: Cancellation));
    }

    [Fact]
    public async Task Streams_and_inboxes_are_trimmed()
    {
        var seen = await StartAsync();
        await PublishAsync(new ParcelSent(1));
        var handled = await NextAsync(seen);
        await SettledAsync();
        var retention = hosts[0].Services.GetServices<IHostedService>().OfType<RetentionService>().Single();

        await retention.RunOnceAsync(Cancellation);
        Assert.Single(broker.Stream("parcel.sent").Entries);
        var row = new InboxKey("readers", handled.Context.EventId);
        Assert.Contains(row, broker.Inbox.Find([row]));

        clock.Advance(TimeSpan.FromDays(31));
        await retention.RunOnceAsync(Cancellation);
        Assert.Empty(broker.Stream("parcel.sent").Entries);
        Assert.Empty(broker.Inbox.Find([row]));
    }

    private async Task<Channel<Seen>> StartAsync(string consumer = "a")
    {
        var seen = Channel.CreateUnbounded<Seen>();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton<TimeProvider>(clock).AddSingleton(seen);
        builder.Services.AddEventBus(bus => bus
            .AddEvents(Deliveries.Catalog)
            .UseInMemory(broker)
            .AddConsumerGroup("readers", group => group.UseInMemoryInbox().Handle<ParcelSent, LoseParcel>()));
        builder.Services.AddSingleton(new ConsumerName(consumer));
        var host = builder.Build();
        hosts.Add(host);
        await host.StartAsync(Cancellation);
        return seen;
    }

    private async Task PublishAsync(ParcelSent data)
    {
        await using var scope = hosts[0].Services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<InMemoryPublisher>().PublishAsync(data, cancellationToken: Cancellation);
    }

    private async Task<Seen> NextAsync(Channel<Seen> seen)
    {
        var next = seen.Reader.ReadAsync(Cancellation).AsTask();
        await clock.UntilAsync(next);
        return await next;
    }

    /// <summary>The group has read and finished everything.</summary>
    private Task SettledAsync()
        => clock.UntilAsync(Task.Run(
            async () =>
            {
                while (!IsSettled())
                    await Task.Yield();
            },
            Cancellation));

    private bool IsSettled()
    {
        lock (broker.Gate)
        {
            var group = broker.Stream("parcel.sent").Groups.GetValueOrDefault("readers");
            return group is { Lag: 0, Pending.Count: 0 } && broker.ScheduledRetries == 0;
        }
    }

    private sealed record Seen(int Number, EventContext Context);

    private sealed class LoseParcel(InMemoryPublisher publisher, Channel<Seen> seen) : IEventHandler<ParcelSent>
    {
        public async Task HandleAsync(ParcelSent data, EventContext context, CancellationToken cancellationToken)
        {
            await publisher.PublishAsync(new LetterLost(data.ParcelId), cancellationToken: cancellationToken);
            seen.Writer.TryWrite(new Seen(data.ParcelId, context));
            if (data.ParcelId < 0)
                throw new InvalidOperationException("It fails.");
        }
    }

    private sealed record Unregistered : IEvent<Unregistered>
    {
        public static string Type => "parcel.unregistered";

        public static System.Text.Json.Serialization.Metadata.JsonTypeInfo<Unregistered> JsonTypeInfo => throw new NotSupportedException();

        string IEvent<Unregistered>.AggregateId => "1";
    }
}
