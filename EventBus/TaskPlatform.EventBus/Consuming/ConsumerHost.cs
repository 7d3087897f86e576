using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace TaskPlatform.EventBus;

/// <summary>Runs the consumers of this process, one per group.</summary>
internal sealed class ConsumerHost(IServiceProvider services, IEnumerable<ConsumerGroup> groups, ILoggerFactory loggers) : BackgroundService
{
    private readonly List<Consumer> consumers = [];

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        consumers.AddRange(groups.Select(CreateConsumer));
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var ended in Task.WhenEach(consumers.Select(consumer => consumer.RunAsync(stoppingToken))))
            await ended;
    }

    private Consumer CreateConsumer(ConsumerGroup group)
    {
        var options = services.GetRequiredService<EventBusOptions>();
        var settings = new GroupSettings(options, services.GetRequiredService<ApplicationScopes>()
            .GetOptions<ConsumerGroupOptions>(ConsumerGroupOptions.NameOf(services.GetRequiredService<EventBusName>().Value, group.Name)));
        var health = services.GetRequiredService<BusHealth>();
        var logger = loggers.CreateLogger<Consumer>();

        var inbox = services.InboxOf(group);
        var handlers = new GroupHandlers(group, settings);
        var transport = services.GetRequiredService<IEventTransport>();
        group.MessagingSystem = transport.System;
        group.Ordering = settings.Ordering;
        var queue = new KeyedQueue(settings.Prefetch, settings.MaxConcurrency, settings.Ordering);
        var clock = services.GetRequiredService<TimeProvider>();
        var handling = new ChannelHandling(queue, options.DrainTimeout, clock);
        var receiver = transport.CreateReceiver(group, handling);
        var sequences = group.IsOrdered && inbox?.Parked is { } parked ? new GroupSequences(group, parked) : null;
        var transient = new TransientFailures();
        var scopes = services.GetRequiredService<ApplicationScopes>();
        var deadLetterHandler = CreateDeadLetterInvoker(group, inbox, transient, settings.HandlerTimeout);
        var invoker = new HandlerInvoker(group, loggers.CreateLogger<BatchProcessor>());
        var failures = new FailureClassifier(inbox, sequences, transient);
        var processor = new BatchProcessor(
            handlers,
            new DeliveryValidator(group, handlers),
            invoker,
            inbox is null ? null : new SharedRunner(group, inbox, sequences, invoker, failures, scopes),
            new IsolatedRunner(inbox, sequences, deadLetterHandler, invoker, failures, scopes),
            deadLetterHandler,
            sequences is null ? null : new SequenceConclusions(sequences, clock));
        var settler = new Settler(group, receiver, queue, health, clock, logger);
        var workers = new WorkerPool(group, queue, processor, receiver, settler, health, logger) { Workers = settings.MaxConcurrency };
        var runner = sequences is null ? null : new SequenceRunner(group, sequences, processor, receiver, handling, settings.MaxConcurrency, options);
        return new Consumer(group, receiver, queue, workers, settler, runner, options, services.GetRequiredService<BackgroundLoops>());
    }

    private DeadLetterHandlerInvoker? CreateDeadLetterInvoker(ConsumerGroup group, IInbox? inbox, TransientFailures transient, TimeSpan timeout)
    {
        if (group.DeadLetterHandler is not { } handler || inbox is null)
            return null;
        return new DeadLetterHandlerInvoker(
            group, handler, inbox, transient, services.GetRequiredService<ApplicationScopes>(), timeout, loggers.CreateLogger<DeadLetterHandlerInvoker>());
    }
}
