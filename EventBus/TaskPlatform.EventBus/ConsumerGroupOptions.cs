using System.ComponentModel.DataAnnotations;

namespace TaskPlatform.EventBus;

/// <summary>
/// Options of one consumer group in this process; section <c>EventBus:Groups:&lt;group&gt;</c>. Those that are not set follow
/// <see cref="EventBusOptions"/>; a handler's own settings come first.
/// </summary>
public sealed class ConsumerGroupOptions
{
    /// <summary>The configuration section of all groups.</summary>
    public const string Section = $"{EventBusOptions.Section}:Groups";

    /// <inheritdoc cref="EventBusOptions.MaxRetries"/>
    [Range(0, 100)]
    public int? MaxRetries { get; set; }

    /// <summary>The delay before each retry, ±20 %. The last one applies to all further retries; zero means no delay. Empty if not set.</summary>
    public IList<TimeSpan> RetryDelays { get; } = [];

    /// <summary>The maximum number of entries that the group holds in this process, running or queued.</summary>
    [Range(1, 100_000)]
    public int? Prefetch { get; set; }

    /// <summary>The maximum number of batches that the group runs concurrently.</summary>
    [Range(1, 256)]
    public int? MaxConcurrency { get; set; }

    /// <summary>The time limit of handlers whose subscription sets none. When it is exceeded, the token is cancelled and the attempt fails.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "1.00:00:00")]
    public TimeSpan? HandlerTimeout { get; set; }

    /// <summary>The order of an aggregate's events. Default <see cref="EventOrdering.Strict"/>.</summary>
    [EnumDataType(typeof(EventOrdering))]
    public EventOrdering Ordering { get; set; }

    /// <summary>The name of a group's options: groups of several buses may have the same name.</summary>
    internal static string NameOf(string? bus, string group) => bus is null ? group : $"{bus}:{group}";
}

/// <summary>The order in which a group handles the events of an aggregate.</summary>
public enum EventOrdering
{
    /// <summary>In the order of their stream, one after the other within a process.</summary>
    Strict,

    /// <summary>In no order: any free worker takes any event. For handlers to which the order makes no difference.</summary>
    Relaxed,
}
