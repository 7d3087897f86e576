namespace TaskPlatform.EventBus;

/// <summary>
/// What the monitors of all processes share: the lease of the one that measures the bus, its latest sample, the firing alerts, and the changes to
/// publish. A transport implements it and registers it with <see cref="MonitoringExtensions.AddMonitoring{TStore}"/>. Every method throws
/// <see cref="EventTransportUnavailableException"/> if the transport is unavailable; any other exception means that it refused the call.
/// </summary>
public interface IMonitoringStore : IBusSamples
{
    /// <summary>
    /// Takes or renews the lease and, if the sampler then holds it, measures the bus, in one step. A preferred sampler takes the lease over from one that
    /// is not; any other waits until it has expired.
    /// </summary>
    Task<MonitoringState> SampleAsync(SamplerIdentity sampler, CancellationToken cancellationToken);

    /// <summary>
    /// Stores what the sampler found, in one step, if it still holds the lease. Repeating a call changes nothing: a change of an alert that is stored
    /// already is not added to the unpublished ones again.
    /// </summary>
    /// <returns>Whether the sampler holds the lease; if not, nothing was stored, and the leaseholder will find the same.</returns>
    Task<bool> SaveAsync(SamplerIdentity sampler, MonitoringUpdate update, CancellationToken cancellationToken);

    /// <summary>The oldest alert changes that no process has published yet, whichever process found them.</summary>
    /// <param name="max">The maximum number of changes.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    Task<IReadOnlyList<UnpublishedAlert>> ReadUnpublishedAsync(int max, CancellationToken cancellationToken);

    /// <summary>Removes a change that was published. Another process may have removed it already.</summary>
    Task RemoveUnpublishedAsync(UnpublishedAlert change, CancellationToken cancellationToken);
}

/// <summary>The latest measurement of the bus, for any process.</summary>
public interface IBusSamples
{
    /// <summary>The latest sample; null if no process has measured the bus for three of its <see cref="AlertOptions.Interval"/>.</summary>
    /// <exception cref="EventTransportUnavailableException">The transport is unavailable.</exception>
    Task<BusSample?> LatestAsync(CancellationToken cancellationToken);
}

/// <summary>A process that competes for the lease.</summary>
/// <param name="Name">Identifies the process; not empty, and the same at each call.</param>
/// <param name="IsPreferred">Whether it hosts consumer groups: its metrics are where users look for the lag.</param>
/// <param name="Lease">How long it holds the lease after a call, and how long its samples are the latest.</param>
public sealed record SamplerIdentity(string Name, bool IsPreferred, TimeSpan Lease)
{
    /// <summary>The bus that it samples; null for the default bus.</summary>
    public string? Bus { get; init; }
}

/// <summary>Who holds the lease.</summary>
public enum LeaseState
{
    /// <summary>Another process holds it.</summary>
    Standby,

    /// <summary>The caller has just obtained it.</summary>
    NewlyElected,

    /// <summary>The caller held it before.</summary>
    Elected,
}

/// <summary>The result of an attempt to measure the bus.</summary>
/// <param name="Lease">Whether the caller holds the lease.</param>
/// <param name="Firing">The stored alerts; only readable ones.</param>
/// <param name="Unpublished">The number of alert changes to be published.</param>
/// <param name="Sample">The measurement; null without the lease.</param>
/// <param name="Baseline">The stored counts from which growth is measured; key = rule and subject, separated by a space. Empty unless the caller was just elected.</param>
public sealed record MonitoringState(
    LeaseState Lease, IReadOnlyList<AlertChanged> Firing, long Unpublished, BusSample? Sample, IReadOnlyCollection<KeyValuePair<string, long>> Baseline);

/// <summary>What a sampler found.</summary>
/// <param name="Sample">The measurement, which becomes the latest.</param>
/// <param name="Counts">The baseline counts that have changed.</param>
/// <param name="Changes">The alerts that started firing, which are added to the stored ones, and those that were resolved, which are removed.</param>
/// <param name="Refreshed">Alerts that are still firing, with a new summary, which replaces the stored one.</param>
/// <param name="MaxUnpublished">How many changes may wait to be published; the oldest are dropped. Zero if changes are not published.</param>
public sealed record MonitoringUpdate(
    BusSample Sample, IReadOnlyCollection<KeyValuePair<string, long>> Counts, IReadOnlyCollection<AlertChanged> Changes,
    IReadOnlyCollection<AlertChanged> Refreshed, int MaxUnpublished);

/// <summary>An alert change to be published.</summary>
/// <param name="Stored">The change exactly as stored, which identifies it.</param>
/// <param name="Alert">The change; null if it can't be read.</param>
public sealed record UnpublishedAlert(ReadOnlyMemory<byte> Stored, AlertChanged? Alert);
