namespace TaskPlatform.EventBus.Dashboard.Console.Pages;

/// <summary>The filter of the live page.</summary>
public sealed class LiveFilter(string? type, string? aggregate)
{
    /// <summary>The event type; null for all.</summary>
    public string? Type { get; } = string.IsNullOrEmpty(type) ? null : type;

    /// <summary>The aggregate's id; null for all.</summary>
    public string? Aggregate { get; } = string.IsNullOrEmpty(aggregate) ? null : aggregate;

    /// <summary>The event types that pass the filter.</summary>
    public IReadOnlyList<string> Types(EventCatalog events) => [.. events.Types.Where(name => Type is null || name == Type)];

    /// <summary>Whether an entry of such a type passes the filter.</summary>
    public bool Matches(StreamEntry entry) => Aggregate is null || entry.AggregateId == Aggregate;
}
