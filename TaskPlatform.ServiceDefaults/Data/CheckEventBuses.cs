using TaskPlatform.EventBus;
using TaskPlatform.ServiceDefaults.Start;

namespace TaskPlatform.ServiceDefaults.Data;

/// <summary>Checks the event bus as soon as its tables should exist: later steps may already publish.</summary>
internal sealed class CheckEventBuses(IServiceProvider services) : IStartupStep
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await services.CheckEventBusesAsync(cancellationToken);
        }
        catch (EventBusSetupException failure)
        {
            throw new StartupException(failure.Message, failure);
        }
    }
}
