namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>Ends the term of a leader whose topology is not the one with which its log is published.</summary>
internal sealed class TopologyGuard(string service, ITopologyRecord? record, Topologies topologies)
{
    /// <summary>Whether this process may publish, as of the last check.</summary>
    public bool IsOpen { get; private set; } = record is null;

    /// <summary>Records the topology, or finds out that another one replaced it.</summary>
    /// <exception cref="InvalidOperationException">Another one is recorded, so that this process must not publish.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        if (record is null)
            return;
        var recorded = await record.EnterAsync(service, topologies, cancellationToken);
        IsOpen = recorded == topologies.Current.Name;
        if (!IsOpen)
        {
            throw new InvalidOperationException(
                $"The log of {service} is published with the topology {recorded}, and this process has {topologies.Current.Name}. It publishes nothing: "
                + $"either it is an earlier deployment, or EventBus:ReplacedTopology must name {recorded}.");
        }
    }
}
