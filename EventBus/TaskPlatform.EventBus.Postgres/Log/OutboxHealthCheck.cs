using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace TaskPlatform.EventBus.Postgres;

/// <summary>What waits in the service's log, as this process knows it when it is the one that publishes.</summary>
internal sealed class OutboxState
{
    /// <summary>How many events wait, and since when the oldest does; null where another process publishes.</summary>
    public (long Waiting, TimeSpan OldestAge)? Current { get; set; }
}

/// <summary>Degraded while an event waits in the log for longer than the alert's threshold. It is safe there, but nobody hears of it.</summary>
internal sealed class OutboxHealthCheck(OutboxState state, IOptions<AlertOptions> alerts) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        => Task.FromResult(state.Current is { Waiting: > 0 } outbox && outbox.OldestAge > alerts.Value.OutboxAge.Threshold
            ? HealthCheckResult.Degraded($"{outbox.Waiting} events wait to be published, the oldest for {outbox.OldestAge.TotalSeconds:0} s.")
            : HealthCheckResult.Healthy());
}
