using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using TaskPlatform.EventBus.InMemory;
using TaskPlatform.Tests.Compliance;

namespace TaskPlatform.EventBus.Tests.InMemory;

/// <summary>A bus in memory with one group, under a fake clock; tests script what its handlers do and see what they did.</summary>
internal sealed class TestBus : IAsyncDisposable
{
    private readonly FakeTimeProvider clock = new(DateTimeOffset.UnixEpoch.AddYears(50));
    private IHost? host;

    public TestBus() => Broker = new InMemoryBroker(clock);

    public InMemoryBroker Broker { get; }

    public FakeTimeProvider Clock => clock;

    /// <summary>The calls of handlers in order, as "handler parcel/attempt".</summary>
    public ConcurrentQueue<string> Calls { get; } = new();

    /// <summary>What a handler does besides its effect; by default nothing.</summary>
    public Func<string, ParcelSent, EventContext, Task> Script { get; set; } = (_, _, _) => Task.CompletedTask;

    public IServiceProvider Services => host!.Services;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The committed effects, sorted: ten times the parcel's number, plus 1 for the first handler, 2 for the second, 3 for the third.</summary>
    public IEnumerable<int> Effects => Broker.Stream("letter.lost").Entries
        .Select(entry => JsonNode.Parse(Deliveries.Text(entry.Fields, "data")!)!["data"]!["letter_id"]!.GetValue<int>()).Order();

    public async Task StartAsync(
        Action<ConsumerGroupBuilder> group, IReadOnlyDictionary<string, string?>? settings = null, EventCatalog? catalog = null, bool hasInbox = true)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(settings ?? new Dictionary<string, string?>());
        builder.Services.AddSingleton<TimeProvider>(clock).AddSingleton(this);
        builder.Services.AddEventBus(bus => bus
            .AddEvents(catalog ?? Deliveries.Catalog)
            .UseInMemory(Broker)
            .Configure(options => options.ClaimIdle = TimeSpan.FromDays(1)) // Time passes faster than handlers run.
            .AddConsumerGroup("readers", readers => group(hasInbox ? readers.UseInMemoryInbox() : readers)));
        host = builder.Build();
        await host.StartAsync(Cancellation);
    }

    /// <summary>Publishes events and waits until the group has finished everything.</summary>
    public async Task PublishAsync(params int[] parcels)
    {
        foreach (var parcel in parcels)
        {
            await using var scope = Services.CreateAsyncScope();
            await scope.ServiceProvider.GetRequiredService<InMemoryPublisher>().PublishAsync(new ParcelSent(parcel), cancellationToken: Cancellation);
        }

        await SettledAsync();
    }

    /// <summary>Waits until the group has finished everything in the streams that it reads.</summary>
    public Task SettledAsync(string eventType = "parcel.sent") => clock.UntilAsync(Task.Run(
        async () =>
        {
            while (!IsSettled(eventType))
                await Task.Yield();
        },
        Cancellation));

    public async ValueTask DisposeAsync()
    {
        if (host is not null)
        {
            await host.StopAsync(Cancellation);
            host.Dispose();
        }

        Broker.Dispose();
    }

    private bool IsSettled(string eventType)
    {
        lock (Broker.Gate)
            return Broker.Stream(eventType).Groups.GetValueOrDefault("readers") is { Lag: 0, Pending.Count: 0 } && Broker.ScheduledRetries == 0;
    }
}

/// <summary>Records its call, does what the test says, and publishes an event.</summary>
internal abstract class ScriptedHandler(int number, TestBus bus, InMemoryPublisher publisher) : IEventHandler<ParcelSent>
{
    public async Task HandleAsync(ParcelSent data, EventContext context, CancellationToken cancellationToken)
    {
        bus.Calls.Enqueue($"{context.Handler} {data.ParcelId}/{context.Attempt}");
        await bus.Script(context.Handler, data, context);
        await publisher.PublishAsync(new LetterLost((10 * data.ParcelId) + number), cancellationToken: cancellationToken);
    }
}

internal sealed class First(TestBus bus, InMemoryPublisher publisher) : ScriptedHandler(1, bus, publisher);

internal sealed class Second(TestBus bus, InMemoryPublisher publisher) : ScriptedHandler(2, bus, publisher);

internal sealed class Third(TestBus bus, InMemoryPublisher publisher) : ScriptedHandler(3, bus, publisher);
