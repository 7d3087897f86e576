namespace TaskPlatform.EventBus;

/// <summary>Makes the state of the services' outboxes known to the process that monitors the bus.</summary>
public interface IOutboxReports
{
    /// <summary>Reports the unpublished events in a service's log. A failure is only logged, because nothing depends on the report.</summary>
    /// <param name="service">The name of the log.</param>
    /// <param name="waiting">The number of unpublished events.</param>
    /// <param name="oldestAge">The age of the oldest one; zero if there is none.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    Task ReportAsync(string service, long waiting, TimeSpan oldestAge, CancellationToken cancellationToken);
}
