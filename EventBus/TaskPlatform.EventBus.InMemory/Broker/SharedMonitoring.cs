namespace TaskPlatform.EventBus.InMemory;

/// <summary>What the monitors of a broker's hosts share.</summary>
internal sealed class SharedMonitoring
{
    private (SamplerIdentity Sampler, DateTimeOffset Until)? leaseholder;
    private (BusSample Sample, DateTimeOffset Until)? latest;

    /// <summary>The firing alerts, by rule and subject.</summary>
    public Dictionary<(string Rule, string Subject), AlertChanged> Alerts { get; } = [];

    /// <summary>The baseline counts for growth alerts.</summary>
    public Dictionary<string, long> Counts { get; } = new(StringComparer.Ordinal);

    /// <summary>The alert changes to be published, oldest first.</summary>
    public List<AlertChanged> Unpublished { get; } = [];

    /// <summary>The number of unpublished events of each service, and when the oldest was created.</summary>
    public Dictionary<string, (long Waiting, DateTimeOffset Oldest)> Outboxes { get; } = new(StringComparer.Ordinal);

    public LeaseState Acquire(SamplerIdentity sampler, DateTimeOffset now)
    {
        var wasElected = IsElected(sampler, now);
        if (!wasElected && leaseholder is { } other && now < other.Until && (other.Sampler.IsPreferred || !sampler.IsPreferred))
            return LeaseState.Standby;
        leaseholder = (sampler, now + sampler.Lease);
        return wasElected ? LeaseState.Elected : LeaseState.NewlyElected;
    }

    public bool TrySave(SamplerIdentity sampler, MonitoringUpdate update, DateTimeOffset now)
    {
        if (!IsElected(sampler, now))
            return false;
        latest = (update.Sample, now + sampler.Lease);
        foreach (var (name, count) in update.Counts)
            Counts[name] = count;
        foreach (var change in update.Changes.Where(Apply))
            Unpublished.Add(change);
        Unpublished.RemoveRange(0, Math.Max(0, Unpublished.Count - update.MaxUnpublished));
        foreach (var alert in update.Refreshed.Where(IsStored))
            Alerts[(alert.Rule, alert.Subject)] = alert;
        return true;
    }

    public BusSample? LatestAt(DateTimeOffset now) => latest is { } stored && now < stored.Until ? stored.Sample : null;

    private bool IsElected(SamplerIdentity sampler, DateTimeOffset now) => leaseholder is { } holder && holder.Sampler == sampler && now < holder.Until;

    private bool IsStored(AlertChanged alert) => Alerts.TryGetValue((alert.Rule, alert.Subject), out var stored) && stored.IsSame(alert);

    /// <returns>Whether it changed anything.</returns>
    private bool Apply(AlertChanged change)
    {
        if (change.IsResolved != IsStored(change))
            return false;
        if (change.IsResolved)
            Alerts.Remove((change.Rule, change.Subject));
        else
            Alerts[(change.Rule, change.Subject)] = change;
        return true;
    }
}
