using Microsoft.Extensions.Hosting;

namespace TaskPlatform.EventBus.InMemory;

/// <summary>Trims streams and inboxes, so that a process that runs for days does not run out of memory.</summary>
internal sealed class RetentionService(
    InMemoryBroker broker, IEventTransport transport, EventCatalog catalog, Topologies topologies, EventBusOptions options, BackgroundLoops loops) : BackgroundService
{
    internal async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        if (transport.Capabilities.Trimmer is { } trimmer)
            await trimmer.TrimAsync(topologies.StreamsOf(catalog), cancellationToken);
        broker.Inbox.Trim(options.InboxRetention);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
        => loops.RunAsync(new("retention") { Interval = options.RetentionInterval, WaitsFirst = true }, RunOnceAsync, stoppingToken);
}
