using Microsoft.Extensions.Diagnostics.HealthChecks;
using StackExchange.Redis;

namespace TaskPlatform.EventBus.Redis;

/// <summary>
/// Degraded while Redis is away or may evict keys, a consumer pauses, or an alert fires: nothing is lost meanwhile, requests are still served, and it goes on by itself.
/// Unhealthy when a consumer has stopped reading for no reason that it knows of, such as handlers that never end.
/// </summary>
internal sealed class BusHealthCheck(BusHealth health, IConnectionMultiplexer redis, EventBusOptions options) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var stalled = health.Stalled(options.StallTimeout).ToList();
        if (stalled.Count > 0 && !health.HasProblems)
            return Task.FromResult(HealthCheckResult.Unhealthy($"Not heard of for {options.StallTimeout.TotalSeconds:0} s: {string.Join(", ", stalled)}."));

        var problems = health.Problems.Select(problem => $"{problem.Key}: {problem.Value}").ToList();
        problems.AddRange(health.Warnings.Values);
        problems.AddRange(health.Alerts.Select(alert => alert.Summary));
        if (!redis.IsConnected)
            problems.Insert(0, "Redis can't be reached.");
        return Task.FromResult(problems.Count == 0
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Degraded(string.Join(" ", problems)));
    }
}
