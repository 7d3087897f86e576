namespace TaskPlatform.EventBus.Dashboard.Console.Pages;

/// <summary>The filter of the live page.</summary>
public sealed class LiveFilter(string? type, string? aggregate)
{
    /// <summary>The channel's short name: an event type, or a partition; null for all.</summary>
    public string? Type { get; } = string.IsNullOrEmpty(type) ? null : type;

    /// <summary>The aggregate's id; null for all.</summary>
    public string? Aggregate { get; } = string.IsNullOrEmpty(aggregate) ? null : aggregate;

    /// <summary>The channels that pass the filter.</summary>
    public IReadOnlyList<string> Of(IEnumerable<string> streams) => [.. streams.Where(name => Type is null || name == Type)];

    /// <summary>Whether an entry of such a type passes the filter.</summary>
    public bool Matches(StreamEntry entry) => Aggregate is null || entry.AggregateId == Aggregate;
}
