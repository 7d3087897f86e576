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
        if (group.EventTypes.Count == 0)
            throw new InvalidOperationException($"The consumer group '{group.Name}' has no handlers.");

        var options = services.GetRequiredService<EventBusOptions>();
        var settings = new GroupSettings(options, services.GetRequiredService<ApplicationScopes>()
            .GetOptions<ConsumerGroupOptions>(ConsumerGroupOptions.NameOf(services.GetRequiredService<EventBusName>().Value, group.Name)));
        var health = services.GetRequiredService<BusHealth>();
        var logger = loggers.CreateLogger<Consumer>();

        var inbox = services.InboxOf(group);
        if (inbox is null && group.Subscriptions.FirstOrDefault(one => one.Value.Count > 1) is { Key: { } shared })
        {
            throw new InvalidOperationException(
                $"The consumer group '{group.Name}' has several handlers for '{shared}' and needs an inbox: without it, a failure of one would repeat the others.");
        }

        var handlers = new GroupHandlers(group, settings);
        var transport = services.GetRequiredService<IEventTransport>();
        group.MessagingSystem = transport.System;
        var receiver = transport.CreateReceiver(group);
        var queue = new KeyedQueue(settings.Prefetch, settings.MaxConcurrency, settings.Ordering);
        var transient = new TransientFailures();
        var scopes = services.GetRequiredService<ApplicationScopes>();
        var deadLetterHandler = CreateDeadLetterInvoker(group, inbox, transient, settings.HandlerTimeout);
        var invoker = new HandlerInvoker(group, loggers.CreateLogger<BatchProcessor>());
        var failures = new FailureClassifier(inbox, transient);
        var processor = new BatchProcessor(
            handlers,
            new DeliveryValidator(group.Name, handlers),
            invoker,
            inbox is null ? null : new SharedRunner(group, inbox, invoker, failures, scopes),
            new IsolatedRunner(inbox, deadLetterHandler, invoker, failures, scopes),
            deadLetterHandler);
        var settler = new Settler(group, receiver, queue, health, services.GetRequiredService<TimeProvider>(), logger);
        var workers = new WorkerPool(group, queue, processor, receiver, settler, health, logger) { Workers = settings.MaxConcurrency };
        return new Consumer(group, receiver, queue, workers, settler, options, services.GetRequiredService<BackgroundLoops>());
    }

    private DeadLetterHandlerInvoker? CreateDeadLetterInvoker(ConsumerGroup group, IInbox? inbox, TransientFailures transient, TimeSpan timeout)
    {
        if (group.DeadLetterHandler is not { } handler)
            return null;
        if (inbox is null)
            throw new InvalidOperationException($"The consumer group '{group.Name}' calls {handler.Name} for its dead letters and needs an inbox for that.");
        return new DeadLetterHandlerInvoker(
            group, handler, inbox, transient, services.GetRequiredService<ApplicationScopes>(), timeout, loggers.CreateLogger<DeadLetterHandlerInvoker>());
    }
}
