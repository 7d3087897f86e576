using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace TaskPlatform.EventBus;

/// <summary>Runs the background services of a named bus, as the host runs those of the default bus.</summary>
internal sealed class NamedBusService(NamedBus bus) : BackgroundService
{
    private readonly List<IHostedService> services = [.. bus.Parts.GetServices<IHostedService>()];

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var service in services)
            await service.StartAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        var failures = new List<Exception>();
        foreach (var service in Enumerable.Reverse(services))
        {
            try
            {
                await service.StopAsync(cancellationToken);
            }
            catch (Exception e)
            {
                failures.Add(e);
            }
        }

        await base.StopAsync(cancellationToken);
        if (failures.Count > 0)
            throw new AggregateException(failures);
    }

    /// <summary>A service that fails ends this one, too: the host then does what it is configured to do.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var ended in Task.WhenEach(services.OfType<BackgroundService>().Select(service => service.ExecuteTask ?? Task.CompletedTask)))
            await ended;
    }
}
