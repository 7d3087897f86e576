namespace TaskPlatform.EventBus;

/// <summary>What a transport can do besides publishing and receiving. The engine and the stores go without what is null.</summary>
public sealed record TransportCapabilities
{
    /// <summary>Nothing else.</summary>
    public static TransportCapabilities None { get; } = new();

    /// <summary>Finds published events again. Without it, events that the transport loses are not detected and not published again.</summary>
    public IPublishedEventProbe? Probe { get; init; }

    /// <summary>Trims streams. Without it, the transport limits them itself, or they grow.</summary>
    public IStreamTrimmer? Trimmer { get; init; }

    /// <summary>Makes the state of each service's outbox known to the process that monitors the bus. Without it, only the service's own health shows it.</summary>
    public IOutboxReports? OutboxReports { get; init; }

    /// <summary>Records the topology of each log. Without it, two deployments with different topologies must not publish at the same time.</summary>
    public ITopologyRecord? TopologyRecord { get; init; }

    /// <summary>Wakes the elected dispatcher from other processes. Without it, their events wait for its next poll, up to a second.</summary>
    public IWakeChannel? WakeChannel { get; init; }
}
