using Microsoft.Extensions.DependencyInjection;

namespace TaskPlatform.EventBus;

/// <summary>An event type and its handler within a group, with the types erased.</summary>
internal abstract class Subscription
{
    /// <summary>What the handler's effects are committed with.</summary>
    public UnitOfWork UnitOfWork { get; init; }

    /// <summary>How long the handler may run; null for <see cref="EventBusOptions.HandlerTimeout"/>.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>When an event that failed is retried; null for the policy of <see cref="EventBusOptions"/>.</summary>
    public RetryPolicy? Retries { get; init; }

    public abstract string EventType { get; }

    public abstract string HandlerName { get; }

    /// <summary>Reads a payload of a schema; null means the event type's own.</summary>
    /// <exception cref="UnknownSchemaException">The schema is not known and can't be brought up.</exception>
    /// <exception cref="Exception">The payload is not what the event type says. The event's own code runs here, so that may be any exception.</exception>
    public abstract object Read(ReadOnlySpan<byte> data, long? schema);

    public abstract Task HandleAsync(IServiceProvider scope, object data, EventContext context, CancellationToken cancellationToken);
}

internal sealed class Subscription<TEvent, THandler>(EventCatalog catalog) : Subscription
    where TEvent : class, IEvent<TEvent>
    where THandler : class, IEventHandler<TEvent>
{
    public override string EventType => TEvent.Type;

    public override string HandlerName => typeof(THandler).Name;

    public override object Read(ReadOnlySpan<byte> data, long? schema) => catalog.Read<TEvent>(data, schema);

    public override Task HandleAsync(IServiceProvider scope, object data, EventContext context, CancellationToken cancellationToken)
        => scope.GetRequiredService<THandler>().HandleAsync((TEvent)data, context, cancellationToken);
}

/// <summary>What a handler's effects are committed with.</summary>
internal enum UnitOfWork
{
    /// <summary>A scope of its own, and a savepoint of a transaction that it shares with the events before and behind it.</summary>
    Event,

    /// <summary>A scope and a transaction that it shares with the events before and behind it.</summary>
    Batch,

    /// <summary>A scope and a transaction of its own.</summary>
    Isolated,
}
