using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>The unpublished events in the service's log, if this process is the one that publishes them.</summary>
internal sealed class OutboxState
{
    /// <summary>The number of unpublished events and the age of the oldest; null if another process publishes.</summary>
    public (long Waiting, TimeSpan OldestAge)? Current { get; set; }
}

/// <summary>Degraded if the oldest unpublished event exceeds the alert's age threshold. No event is lost, but no consumer receives it.</summary>
internal sealed class OutboxHealthCheck(OutboxState state, IOptions<AlertOptions> alerts) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        => Task.FromResult(state.Current is { Waiting: > 0 } outbox && outbox.OldestAge > alerts.Value.OutboxAge.Threshold
            ? HealthCheckResult.Degraded($"{outbox.Waiting} events are not published yet, the oldest for {outbox.OldestAge.TotalSeconds:0} s.")
            : HealthCheckResult.Healthy());
}
