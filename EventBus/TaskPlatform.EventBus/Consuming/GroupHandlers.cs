using System.Collections.Frozen;
using Microsoft.Extensions.DependencyInjection;

namespace TaskPlatform.EventBus;

/// <summary>The handlers of a group as they run, by event type, with the group's defaults applied.</summary>
internal sealed class GroupHandlers(ConsumerGroup group, GroupSettings settings)
{
    private readonly FrozenDictionary<string, GroupHandler[]> handlers = group.Subscriptions.ToFrozenDictionary(
        one => one.Key,
        one => one.Value.Select(subscription => new GroupHandler(group, subscription, isOnly: one.Value.Count == 1, settings)).ToArray(),
        StringComparer.Ordinal);

    /// <summary>The handlers of an event type, in the order in which they were registered; empty if the group does not handle it.</summary>
    public IReadOnlyList<GroupHandler> Find(string eventType) => handlers.GetValueOrDefault(eventType) ?? [];
}

/// <summary>A handler of a group.</summary>
internal sealed class GroupHandler(ConsumerGroup group, Subscription subscription, bool isOnly, GroupSettings settings)
{
    private readonly Type[] middleware = [.. group.Middleware, .. subscription.Middleware];
    private readonly string ownName = $"{group.Name}/{subscription.Name}";

    /// <summary>The handler's name in its group.</summary>
    public string Name => subscription.Name;

    /// <summary>Whether the event type has no other handler in the group.</summary>
    public bool IsOnly => isOnly;

    public UnitOfWork UnitOfWork => subscription.UnitOfWork;

    public RetryPolicy Retries { get; } = subscription.Retries ?? settings.Retries;

    public TimeSpan Timeout { get; } = subscription.Timeout ?? settings.HandlerTimeout;

    /// <summary>The consumer in the handler's inbox rows: the group if the event type has only this handler, otherwise <c>group/handler</c>.</summary>
    public string Consumer => isOnly ? group.Name : ownName;

    /// <summary>The consumer in rows from before the event type got its second handler, or since it lost it.</summary>
    public string OtherConsumer => isOnly ? ownName : group.Name;

    /// <summary>The name under which its commits are counted.</summary>
    public string CommitKey { get; } = isOnly ? subscription.EventType : $"{subscription.EventType}/{subscription.Name}";

    /// <inheritdoc cref="Subscription.Read"/>
    public object Read(ReadOnlySpan<byte> data, long? schema) => subscription.Read(data, schema);

    /// <summary>Calls the handler, through its middleware if it has any.</summary>
    public Task HandleAsync(IServiceProvider scope, object data, EventContext context, CancellationToken cancellationToken)
        => middleware.Length == 0
            ? subscription.HandleAsync(scope, data, context, cancellationToken)
            : CallAsync(0, scope, data, context, cancellationToken);

    private Task CallAsync(int index, IServiceProvider scope, object data, EventContext context, CancellationToken cancellationToken)
        => index == middleware.Length
            ? subscription.HandleAsync(scope, data, context, cancellationToken)
            : ((IEventMiddleware)scope.GetRequiredService(middleware[index]))
                .InvokeAsync(context, data, token => CallAsync(index + 1, scope, data, context, token), cancellationToken);
}
