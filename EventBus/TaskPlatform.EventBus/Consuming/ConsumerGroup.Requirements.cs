namespace TaskPlatform.EventBus;

/// <content>What its registration says about missing lines.</content>
public sealed partial class ConsumerGroup
{
    private readonly HashSet<string> ignored = new(StringComparer.Ordinal);

    /// <summary>Whether the group has no inbox on purpose.</summary>
    internal bool IsWithoutInbox { get; set; }

    /// <summary>Whether the events of an aggregate wait for one that failed.</summary>
    public bool IsOrdered { get; internal set; }

    /// <summary>Whether it must handle or ignore each event of the catalog.</summary>
    internal bool RequiresAll { get; set; }

    /// <summary>The events that it ignores on purpose.</summary>
    internal IReadOnlyCollection<string> Ignored => ignored;

    internal void Ignore(string eventType) => ignored.Add(eventType);
}
