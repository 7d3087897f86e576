using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Health;

/// <summary>Asks the health checks of a running resource and publishes what they say; the first time all is well, it is ready.</summary>
internal sealed class HealthMonitor(
    HealthCheckService checks,
    ResourceNotificationService notifications,
    IDistributedApplicationEventing eventing,
    IServiceProvider services,
    TimeProvider time,
    ILogger<HealthMonitor> logger)
{
    private static readonly TimeSpan WhileStarting = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan WhenHealthy = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan WhenUnhealthy = TimeSpan.FromSeconds(1);

    /// <summary>What a resource reports before its checks have been asked.</summary>
    public static CustomResourceSnapshot Unknown(IResource resource, CustomResourceSnapshot snapshot) => snapshot with
    {
        IsReady = false,
        HealthReports = [.. Keys(resource).Select(key => new HealthReportSnapshot(key, null, null, null))],
    };

    /// <summary>Runs until cancelled, which is when the resource's process is gone.</summary>
    public async Task RunAsync(IResource resource, string resourceId, CancellationToken cancellationToken)
    {
        var keys = Keys(resource).ToHashSet();
        var isReady = false;

        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                var isHealthy = keys.Count == 0 || await CheckAsync(resource, resourceId, keys, cancellationToken);

                if (isHealthy && !isReady)
                    isReady = await BecomeReadyAsync(resource, resourceId, cancellationToken);

                if (keys.Count == 0 && isReady)
                    return;

                await Task.Delay(UntilNextCheck(isHealthy, isReady), time, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The process is gone.
        }
    }

    private static TimeSpan UntilNextCheck(bool isHealthy, bool isReady) => (isHealthy, isReady) switch
    {
        (true, true) => WhenHealthy,
        (false, false) => WhileStarting,
        _ => WhenUnhealthy,
    };

    private async Task<bool> CheckAsync(IResource resource, string resourceId, HashSet<string> keys, CancellationToken cancellationToken)
    {
        var report = await checks.CheckHealthAsync(check => keys.Contains(check.Name), cancellationToken);

        await notifications.PublishUpdateAsync(resource, resourceId, snapshot => cancellationToken.IsCancellationRequested
            ? snapshot
            : snapshot with
            {
                HealthReports = [.. report.Entries.Select(e =>
                    new HealthReportSnapshot(e.Key, e.Value.Status, e.Value.Description, e.Value.Exception?.ToString())
                {
                    LastRunAt = time.GetUtcNow().UtcDateTime,
                })],
            });

        return report.Status == HealthStatus.Healthy;
    }

    /// <returns>False where a subscriber failed; it is called again with the next check.</returns>
    private async Task<bool> BecomeReadyAsync(IResource resource, string resourceId, CancellationToken cancellationToken)
    {
        try
        {
            await eventing.PublishAsync(new ResourceReadyEvent(resource, services), cancellationToken);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            Log.ReadyHandlerFailed(logger, failure, resourceId);
            return false;
        }

        await notifications.PublishUpdateAsync(resource, resourceId, snapshot => cancellationToken.IsCancellationRequested
            ? snapshot
            : snapshot with { IsReady = true });

        return true;
    }

    private static IEnumerable<string> Keys(IResource resource) => resource.Annotations.OfType<HealthCheckAnnotation>().Select(a => a.Key);
}
