using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace TaskPlatform.ServiceDefaults.Start;

/// <summary>Runs a service, or reports in one sentence why it can't start.</summary>
public static class ServiceRunner
{
    private const int CannotStart = 1;

    /// <summary>Checks the settings, runs the startup steps, and runs the service until it stops.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunServiceAsync(this WebApplication app)
    {
        await using (app)
        {
            try
            {
                await PrepareAsync(app.Services, app.Lifetime.ApplicationStopping);
            }
            catch (Exception failure) when (failure is StartupException or OptionsValidationException)
            {
                await Console.Error.WriteLineAsync($"{app.Environment.ApplicationName} can't start. {failure.Message}");
                return CannotStart;
            }

            await app.RunAsync();
            return 0;
        }
    }

    private static async Task PrepareAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        RequiredSettings.Check(services);
        services.GetService<IStartupValidator>()?.Validate();

        await using var scope = services.CreateAsyncScope();
        foreach (var step in scope.ServiceProvider.GetServices<IStartupStep>())
            await step.RunAsync(cancellationToken);
    }
}
