using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>Runs the consumers of this process, one a group, and the forwarder of their retries.</summary>
internal sealed class ConsumerHost(IServiceProvider services, IEnumerable<ConsumerGroup> groups, ILoggerFactory loggers) : BackgroundService
{
    private readonly List<GroupConsumer> consumers = [];
    private readonly CoalescedSignal scheduled = new();

    public override void Dispose()
    {
        scheduled.Dispose();
        base.Dispose();
    }

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        consumers.AddRange(groups.Select(Compose));
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (consumers.Count == 0)
            return;

        var forwarder = ActivatorUtilities.CreateInstance<RetryForwarder>(services, scheduled);
        await foreach (var ended in Task.WhenEach([.. consumers.Select(c => c.RunAsync(stoppingToken)), forwarder.RunAsync(stoppingToken)]))
            await ended;
    }

    private GroupConsumer Compose(ConsumerGroup group)
    {
        if (group.EventTypes.Count == 0)
            throw new InvalidOperationException($"The consumer group '{group.Name}' subscribes to nothing.");

        var options = services.GetRequiredService<EventBusOptions>();
        var redis = services.GetRequiredService<IConnectionMultiplexer>().GetDatabase();
        var keys = services.GetRequiredService<RedisKeys>();
        var retries = services.GetRequiredService<RetryPolicy>();
        var clock = services.GetRequiredService<TimeProvider>();
        var consumer = services.GetRequiredService<ConsumerName>();
        var health = services.GetRequiredService<BusHealth>();
        var logger = loggers.CreateLogger<GroupConsumer>();

        var inbox = services.GetKeyedService<IInbox>(group.Name);
        var streams = new GroupStreams(redis, keys, group, consumer, options, retries, clock);
        var inFlight = new InFlight(options.Prefetch);
        var transient = new TransientFailures();
        var processor = new BatchProcessor(
            group, inbox, CreateDeadLetterInvoker(group, inbox, transient, options), retries, transient, services.GetRequiredService<IServiceScopeFactory>(), options,
            loggers.CreateLogger<BatchProcessor>());
        var settler = new Settler(group, streams, inFlight, scheduled, options, health, clock, logger);
        var waiting = new WaitingRoom(inFlight, options.MaxConcurrency);
        var suspects = new SemaphoreSlim(1);
        var lanes = Enumerable.Range(0, options.MaxConcurrency)
            .Select(_ => new Lane(group, processor, inbox, streams, settler, inFlight, waiting, suspects, health, logger))
            .ToList();
        var reader = new BlockingReader(services.GetRequiredService<RedisSettings>(), redis, keys, $"{consumer.Value} reader of {group.Name}");
        return new GroupConsumer(group, consumer, streams, reader, new LaneSet(inFlight, waiting, lanes), settler, keys, options, health, logger);
    }

    private DeadLetterHandlerInvoker? CreateDeadLetterInvoker(ConsumerGroup group, IInbox? inbox, TransientFailures transient, EventBusOptions options)
    {
        if (group.DeadLetterHandler is not { } handler)
            return null;
        if (inbox is null)
            throw new InvalidOperationException($"The consumer group '{group.Name}' calls {handler.Name} for its dead letters and needs an inbox for that.");
        return new DeadLetterHandlerInvoker(
            group, handler, inbox, transient, services.GetRequiredService<IServiceScopeFactory>(), options, loggers.CreateLogger<DeadLetterHandlerInvoker>());
    }
}
