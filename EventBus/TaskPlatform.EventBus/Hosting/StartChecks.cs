using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace TaskPlatform.EventBus;

/// <summary>Runs the checks of a bus, before any other of its background services starts.</summary>
internal sealed class StartChecks(IEnumerable<IStartCheck> checks) : IHostedService
{
    private bool havePassed;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (havePassed)
            return;
        using var untraced = UntracedWork.Begin();
        foreach (var check in checks)
            await check.CheckAsync(cancellationToken);
        havePassed = true;
    }

    public Task StartAsync(CancellationToken cancellationToken) => RunAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>Checks the buses of an application before its host starts.</summary>
public static class EventBusStartExtensions
{
    /// <summary>
    /// Runs the checks that each bus otherwise runs when the host starts, for a program that reports what is missing in its own way: the host logs
    /// an exception with its stack.
    /// </summary>
    /// <exception cref="EventBusSetupException">A line of the registration, or a table, is missing.</exception>
    public static async Task CheckEventBusesAsync(this IServiceProvider application, CancellationToken cancellationToken)
    {
        foreach (var bus in application.GetServices<RegisteredBus>())
            await bus.PartsOf(application).GetRequiredService<StartChecks>().RunAsync(cancellationToken);
    }
}
