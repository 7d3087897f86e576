using Microsoft.Extensions.Hosting;

namespace TaskPlatform.EventBus.InMemory;

/// <summary>Trims streams and inboxes, so that a process that runs for days does not run out of memory.</summary>
internal sealed class RetentionService(InMemoryBroker broker, IEventTransport transport, EventCatalog catalog, EventBusOptions options) : BackgroundService
{
    internal async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        if (transport.Capabilities.Trimmer is { } trimmer)
            await trimmer.TrimAsync(catalog.Types, cancellationToken);
        broker.Inbox.Trim(options.InboxRetention);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.RetentionInterval, broker.Clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await RunOnceAsync(stoppingToken);
    }
}
