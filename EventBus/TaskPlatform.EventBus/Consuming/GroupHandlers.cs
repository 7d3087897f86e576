using System.Collections.Frozen;

namespace TaskPlatform.EventBus;

/// <summary>The handlers of a group as they run, by event type, with the group's defaults applied.</summary>
internal sealed class GroupHandlers(ConsumerGroup group, RetryPolicy retries, TimeSpan timeout)
{
    private readonly FrozenDictionary<string, GroupHandler[]> handlers = group.Subscriptions.ToFrozenDictionary(
        one => one.Key,
        one => one.Value.Select(subscription => new GroupHandler(group.Name, subscription, isOnly: one.Value.Count == 1, retries, timeout)).ToArray(),
        StringComparer.Ordinal);

    /// <summary>The handlers of an event type, in the order in which they were registered; empty if the group does not handle it.</summary>
    public IReadOnlyList<GroupHandler> Find(string eventType) => handlers.GetValueOrDefault(eventType) ?? [];
}

/// <summary>A handler of a group.</summary>
internal sealed class GroupHandler(string group, Subscription subscription, bool isOnly, RetryPolicy retries, TimeSpan timeout)
{
    private readonly string ownName = $"{group}/{subscription.Name}";

    /// <summary>The handler's name in its group.</summary>
    public string Name => subscription.Name;

    /// <summary>Whether the event type has no other handler in the group.</summary>
    public bool IsOnly => isOnly;

    public UnitOfWork UnitOfWork => subscription.UnitOfWork;

    public RetryPolicy Retries { get; } = subscription.Retries ?? retries;

    public TimeSpan Timeout { get; } = subscription.Timeout ?? timeout;

    /// <summary>The consumer in the handler's inbox rows: the group if the event type has only this handler, otherwise <c>group/handler</c>.</summary>
    public string Consumer => isOnly ? group : ownName;

    /// <summary>The consumer in rows from before the event type got its second handler, or since it lost it.</summary>
    public string OtherConsumer => isOnly ? ownName : group;

    /// <summary>The name under which its commits are counted.</summary>
    public string CommitKey { get; } = isOnly ? subscription.EventType : $"{subscription.EventType}/{subscription.Name}";

    /// <inheritdoc cref="Subscription.Read"/>
    public object Read(ReadOnlySpan<byte> data, long? schema) => subscription.Read(data, schema);

    /// <inheritdoc cref="Subscription.HandleAsync"/>
    public Task HandleAsync(IServiceProvider scope, object data, EventContext context, CancellationToken cancellationToken)
        => subscription.HandleAsync(scope, data, context, cancellationToken);
}
