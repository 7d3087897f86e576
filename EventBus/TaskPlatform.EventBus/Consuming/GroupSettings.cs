namespace TaskPlatform.EventBus;

/// <summary>The settings of a group: its own options, or those of the bus where it sets none.</summary>
internal sealed class GroupSettings(EventBusOptions bus, ConsumerGroupOptions group)
{
    public int Prefetch { get; } = group.Prefetch ?? bus.Prefetch;

    public int MaxConcurrency { get; } = group.MaxConcurrency ?? bus.MaxConcurrency;

    public TimeSpan HandlerTimeout { get; } = group.HandlerTimeout ?? bus.HandlerTimeout;

    public RetryPolicy Retries { get; } = new(
        group.MaxRetries ?? bus.MaxRetries, [.. group.RetryDelays.Count > 0 ? group.RetryDelays : bus.RetryDelays]);

    public EventOrdering Ordering { get; } = group.Ordering;
}
