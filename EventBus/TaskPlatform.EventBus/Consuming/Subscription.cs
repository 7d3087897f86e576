using Microsoft.Extensions.DependencyInjection;

namespace TaskPlatform.EventBus;

/// <summary>An event type and a handler in a group, as registered, with erased types.</summary>
internal abstract class Subscription
{
    /// <summary>The handler's name in the group, if it was given one.</summary>
    public string? GivenName { get; init; }

    /// <summary>The handler's name in the group.</summary>
    public string Name => GivenName ?? HandlerType.Name;

    /// <summary>The scope and transaction of each event.</summary>
    public UnitOfWork UnitOfWork { get; init; }

    /// <summary>The handler's time limit; null for the group's.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The handler's retry policy; null for the group's.</summary>
    public RetryPolicy? Retries { get; init; }

    /// <summary>The handler's own middleware, in order.</summary>
    public IReadOnlyList<Type> Middleware { get; init; } = [];

    public abstract string EventType { get; }

    /// <summary>The event type's former wire names.</summary>
    public virtual IReadOnlyList<string> Aliases => [];

    public abstract Type HandlerType { get; }

    /// <summary>Deserializes a payload with a schema; null means the event type's current one.</summary>
    /// <exception cref="UnknownSchemaException">The schema is unknown and can't be upcast.</exception>
    /// <exception cref="Exception">The payload does not match the event type. This runs the event's own code, so it may be any exception.</exception>
    public abstract object Read(ReadOnlySpan<byte> data, long? schema);

    public abstract Task HandleAsync(IServiceProvider scope, object data, EventContext context, CancellationToken cancellationToken);
}

internal sealed class Subscription<TEvent, THandler>(EventCatalog catalog) : Subscription
    where TEvent : class, IEvent<TEvent>
    where THandler : class, IEventHandler<TEvent>
{
    public override string EventType => TEvent.Type;

    public override IReadOnlyList<string> Aliases => catalog.AliasesOf<TEvent>();

    public override Type HandlerType => typeof(THandler);

    public override object Read(ReadOnlySpan<byte> data, long? schema) => catalog.Read<TEvent>(data, schema);

    public override Task HandleAsync(IServiceProvider scope, object data, EventContext context, CancellationToken cancellationToken)
        => scope.GetRequiredService<THandler>().HandleAsync((TEvent)data, context, cancellationToken);
}

/// <summary>The scope and transaction of an event.</summary>
internal enum UnitOfWork
{
    /// <summary>A separate scope, and a savepoint of a transaction shared with preceding and following events.</summary>
    Event,

    /// <summary>A scope and a transaction shared with preceding and following events.</summary>
    Batch,

    /// <summary>A separate scope and transaction.</summary>
    Isolated,
}
