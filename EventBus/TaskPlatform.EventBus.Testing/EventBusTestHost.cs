using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using TaskPlatform.EventBus.InMemory;

namespace TaskPlatform.EventBus.Testing;

/// <summary>
/// Runs consumer groups on the in-memory transport, for tests of their handlers. The engine is the one that runs in production, so retries,
/// dead letters, time limits and order are real; only time is not: it passes when the test says so.
/// </summary>
public sealed class EventBusTestHost : IAsyncDisposable
{
    private const int PageSize = 1000;

    private readonly IHost host;
    private readonly InMemoryBroker broker;
    private readonly IReadOnlyList<ConsumerGroup> groups;

    private EventBusTestHost(IHost host, FakeTimeProvider clock)
    {
        this.host = host;
        Clock = clock;
        broker = host.Services.GetRequiredService<InMemoryBroker>();
        groups = [.. host.Services.GetServices<ConsumerGroup>()];
    }

    /// <summary>The time of the bus and of every service that uses <see cref="TimeProvider"/>. Starts at midnight UTC on 1 January 2030.</summary>
    public FakeTimeProvider Clock { get; }

    /// <summary>The application's services.</summary>
    public IServiceProvider Services => host.Services;

    /// <summary>Starts a host with consumer groups.</summary>
    /// <param name="configure">Adds events and groups, as the application does. The transport is there already.</param>
    /// <param name="services">Adds what the handlers depend on.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <exception cref="InvalidOperationException">The configuration is incomplete; the message says what is missing.</exception>
    public static async Task<EventBusTestHost> StartAsync(
        Action<EventBusBuilder> configure, Action<IServiceCollection>? services = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var clock = new FakeTimeProvider(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var builder = Host.CreateEmptyApplicationBuilder(settings: null);
        builder.Services.AddSingleton<TimeProvider>(clock);
        services?.Invoke(builder.Services);
        builder.Services.AddEventBus(bus => configure(bus.UseInMemory()));
        var host = builder.Build();
        try
        {
            await host.StartAsync(cancellationToken);
            return new EventBusTestHost(host, clock);
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    /// <summary>Publishes an event and returns at once; <see cref="SettleAsync"/> waits for its handlers.</summary>
    /// <param name="data">The payload.</param>
    /// <param name="aggregateVersion">The version of the aggregate after the change, where it has one.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task PublishAsync<TEvent>(TEvent data, long? aggregateVersion = null, CancellationToken cancellationToken = default)
        where TEvent : IEvent<TEvent>
    {
        await using var scope = host.Services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<InMemoryPublisher>().PublishAsync(data, aggregateVersion, cancellationToken);
    }

    /// <summary>
    /// Waits until every published event, and every event that its handlers publish, has been handled or dead-lettered. Retries are not waited
    /// for: the clock is advanced to each of them.
    /// </summary>
    /// <param name="limit">How long to wait at most, in real time. Default 30 s.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="TimeoutException">Something is still being handled; the message says by which groups.</exception>
    public async Task SettleAsync(TimeSpan? limit = null, CancellationToken cancellationToken = default)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(limit ?? TimeSpan.FromSeconds(30));
        try
        {
            while (await broker.WaitUntilIdleAsync(groups, timeout.Token) is { } nextRetry)
            {
                timeout.Token.ThrowIfCancellationRequested();
                var wait = nextRetry - Clock.GetUtcNow();
                if (wait > TimeSpan.Zero)
                    Clock.Advance(wait);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException("Events are still being handled by: " + string.Join(", ", broker.BusyGroups(groups)) + ".");
        }
    }

    /// <summary>All events of a type that were published so far, by the test and by handlers, oldest first. Retries are not repeated.</summary>
    public async Task<IReadOnlyList<TEvent>> PublishedAsync<TEvent>(CancellationToken cancellationToken = default)
        where TEvent : IEvent<TEvent>
    {
        var entries = await host.Services.GetRequiredService<IStreamAdmin>()
            .EntriesAsync(TEvent.Type, int.MaxValue, after: null, newestFirst: false, cancellationToken);
        return [.. entries.Where(entry => !entry.Headers.ContainsKey(EntryFields.TargetGroup)).Select(Read<TEvent>)];
    }

    /// <summary>All dead letters, newest first.</summary>
    public async Task<IReadOnlyList<DeadLetterEntry>> DeadLettersAsync(CancellationToken cancellationToken = default)
    {
        var queue = host.Services.GetRequiredService<IDeadLetterQueue>();
        var all = new List<DeadLetterEntry>();
        string? after = null;
        do
        {
            var page = await queue.ListAsync(new DeadLetterFilter(), PageSize, after, cancellationToken);
            all.AddRange(page.Items);
            after = page.Next;
        }
        while (after is not null);

        return all;
    }

    /// <summary>Stops the consumers and releases everything.</summary>
    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        host.Dispose();
    }

    private static TEvent Read<TEvent>(StreamEntry entry)
        where TEvent : IEvent<TEvent>
    {
        using var envelope = JsonDocument.Parse(entry.Data);
        return envelope.RootElement.GetProperty("data").Deserialize(TEvent.JsonTypeInfo)!;
    }
}
