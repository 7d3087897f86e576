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
        var stalled = health.Stalled(options.StallTimeout).Where(role => !HasKnownCause(role)).ToList();
        if (stalled.Count > 0)
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

    /// <summary>Whether a problem of the same group is reported: the names of a group's roles begin with its own.</summary>
    private bool HasKnownCause(string stalled)
    {
        var group = stalled[..Math.Max(0, stalled.LastIndexOf(' '))];
        return group.Length > 0 && health.Problems.Keys.Any(role => role == group || role.StartsWith($"{group} ", StringComparison.Ordinal));
    }
}
