namespace TaskPlatform.EventBus;

/// <summary>
/// Records the topology with which each log is published, so that a process that still has an earlier one publishes nothing more. That would overtake, or
/// be overtaken by, what is on the new channels.
/// </summary>
public interface ITopologyRecord
{
    /// <summary>
    /// Records the current topology, if none is recorded or the one that it replaces is; otherwise changes nothing. Throws
    /// <see cref="EventTransportUnavailableException"/> if the transport is unavailable.
    /// </summary>
    /// <param name="service">The name of the log.</param>
    /// <param name="topologies">The process's topologies.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The name of the recorded topology.</returns>
    Task<string> EnterAsync(string service, Topologies topologies, CancellationToken cancellationToken);
}
