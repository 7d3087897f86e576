using System.Diagnostics;

namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>
/// The roles of a leader, which take turns on the connection that holds the lock: publish what waits; every few seconds also report the outbox,
/// verify what was published, and serve replays.
/// </summary>
internal sealed class LeaderTerm(TopologyGuard topology, OutboxPublisher publisher, PublishedEventVerifier? verifier, OutboxReporter reporter, LogReplayer? replayer) : IDisposable
{
    /// <summary>How often a leader that is publishing verifies and reports.</summary>
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    /// <summary>How often a leader that is not publishing verifies and reports, and checks for replay requests.</summary>
    private static readonly TimeSpan IdleCheckInterval = TimeSpan.FromSeconds(4);

    private long lastCheck;
    private bool isReplaying;

    /// <summary>Lets each role take a turn. Replays alternate with new events, so that neither delays the other.</summary>
    /// <returns>Whether there is more to do immediately.</returns>
    /// <exception cref="EventTransportUnavailableException">The transport is unavailable. The next round continues.</exception>
    public async Task<bool> RunRoundAsync(CancellationToken cancellationToken)
    {
        var isCheckDue = Stopwatch.GetElapsedTime(lastCheck) > (verifier is { HasGrown: true } ? CheckInterval : IdleCheckInterval);
        if (isCheckDue)
        {
            await reporter.ReportAsync(cancellationToken);
            await topology.CheckAsync(cancellationToken); // Before anything is published.
            if (verifier is not null && await verifier.CheckAsync(cancellationToken) > 0)
                publisher.Restart();
            lastCheck = Stopwatch.GetTimestamp();
        }

        var hasMore = await publisher.PublishWaitingAsync(cancellationToken);
        if (replayer is not null && (isCheckDue || isReplaying))
            isReplaying = await replayer.TryRunOnceAsync(cancellationToken);
        return hasMore || isReplaying;
    }

    /// <summary>Makes the next round verify at once, because the transport may have lost data.</summary>
    public void RequireCheck() => lastCheck = 0;

    /// <summary>Publishes the events of the last requests before the process stops.</summary>
    public async Task FinishAsync(CancellationToken cancellationToken)
    {
        while (topology.IsOpen && await publisher.PublishWaitingAsync(cancellationToken))
        {
            // More events may be waiting.
        }
    }

    public void Dispose() => reporter.Dispose();
}
