namespace TaskPlatform.EventBus.InMemory;

/// <summary>The owners of channels, and the live consumers of each group. The broker's gate guards it.</summary>
internal sealed class LeaseStore(TimeProvider clock)
{
    private readonly Dictionary<(string Channel, string Group), (string Owner, DateTimeOffset Until)> leases = [];
    private readonly Dictionary<(string Group, string Consumer), (IReadOnlySet<string> Channels, DateTimeOffset Until)> members = [];

    /// <summary>Raised with the name of a group that released a channel.</summary>
    public event Action<string>? Freed;

    /// <summary>Registers a consumer with the channels that it can read.</summary>
    /// <returns>The live consumers of the group.</returns>
    public Dictionary<string, IReadOnlySet<string>> Join(string group, string consumer, IEnumerable<string> channels, TimeSpan duration)
    {
        members[(group, consumer)] = (channels.ToHashSet(StringComparer.Ordinal), clock.GetUtcNow() + duration);
        return members.Where(member => member.Key.Group == group && member.Value.Until > clock.GetUtcNow())
            .ToDictionary(member => member.Key.Consumer, member => member.Value.Channels, StringComparer.Ordinal);
    }

    public void Leave(string group, string consumer) => members.Remove((group, consumer));

    /// <summary>The owner of a channel; null if it is free.</summary>
    public string? OwnerOf(string channel, string group)
        => leases.TryGetValue((channel, group), out var lease) && lease.Until > clock.GetUtcNow() ? lease.Owner : null;

    /// <summary>Whether no other consumer has acquired the channel since this one did.</summary>
    public bool IsOwnedBy(string channel, string group, string consumer) => leases.TryGetValue((channel, group), out var lease) && lease.Owner == consumer;

    /// <summary>Renews a lease. One that has expired still belongs to its owner until another consumer acquires it.</summary>
    /// <returns>Whether the consumer owns the channel.</returns>
    public bool Renew(string channel, string group, string consumer, TimeSpan duration)
    {
        if (!IsOwnedBy(channel, group, consumer))
            return false;
        leases[(channel, group)] = (consumer, clock.GetUtcNow() + duration);
        return true;
    }

    /// <summary>Acquires a channel that is free, or the consumer's own.</summary>
    public bool TryAcquire(string channel, string group, string consumer, TimeSpan duration)
    {
        if (OwnerOf(channel, group) is { } owner && owner != consumer)
            return false;
        leases[(channel, group)] = (consumer, clock.GetUtcNow() + duration);
        return true;
    }

    public void Release(string channel, string group, string consumer)
    {
        if (IsOwnedBy(channel, group, consumer) && leases.Remove((channel, group)))
            Freed?.Invoke(group);
    }
}
