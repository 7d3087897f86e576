using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace TaskPlatform.EventBus;

/// <summary>
/// Degraded while the transport is unavailable or at risk, a consumer is paused, or an alert is firing. No events are lost, requests are still
/// served, and the bus recovers automatically. Unhealthy if a consumer has stopped reading without a known cause, such as handlers that never return.
/// </summary>
internal sealed class BusHealthCheck(BusHealth health, IEventTransport transport, EventBusOptions options) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var stalled = health.Stalled(options.StallTimeout).ToList();
        if (stalled.Count > 0 && !health.HasProblems)
            return Task.FromResult(HealthCheckResult.Unhealthy($"No activity for {options.StallTimeout.TotalSeconds:0} s: {string.Join(", ", stalled)}."));

        var problems = health.Problems.Select(problem => $"{problem.Key}: {problem.Value}").ToList();
        problems.AddRange(health.Warnings.Values);
        problems.AddRange(health.Alerts.Select(alert => alert.Summary));
        if (transport.Problem is { } problem)
            problems.Insert(0, problem);
        return Task.FromResult(problems.Count == 0
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Degraded(string.Join(" ", problems)));
    }
}
