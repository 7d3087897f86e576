using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace TaskPlatform.AppHost.Startup;

internal static class StartupExtensions
{
    /// <summary>Checks parameters and ports before the start, reports failures, and lists the addresses once everything is up.</summary>
    public static IDistributedApplicationBuilder AddStartupChecks(this IDistributedApplicationBuilder builder)
    {
        if (!builder.ExecutionContext.IsRunMode)
            return builder;

        builder.Services.TryAddSingleton(TimeProvider.System);
        // First, because Aspire's own hosted service returns only after all resources have started, including those that wait for others.
        builder.Services.Insert(0, ServiceDescriptor.Singleton<IHostedService, FailureReporter>());
        builder.Services.AddHostedService<StartupSummary>();
        return builder.AddParameterCheck().AddPortCheck();
    }

    /// <summary>Fails the start if a parameter has no value; the exception names its configuration key.</summary>
    private static IDistributedApplicationBuilder AddParameterCheck(this IDistributedApplicationBuilder builder)
        => builder.OnBeforeStart(async (start, cancellationToken) =>
        {
            foreach (var parameter in start.Model.Resources.OfType<ParameterResource>())
                await parameter.GetValueAsync(cancellationToken);
        });
}
