using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace TaskPlatform.EventBus;

/// <summary>The subscriptions of one consumer group.</summary>
public sealed class ConsumerGroupBuilder
{
    internal ConsumerGroupBuilder(EventBusBuilder eventBus, ConsumerGroup group)
    {
        EventBus = eventBus;
        Group = group;
    }

    /// <summary>The bus that the group belongs to.</summary>
    public EventBusBuilder EventBus { get; }

    /// <summary>The group as registered so far.</summary>
    public ConsumerGroup Group { get; }

    /// <summary>
    /// Has a handler called for every event of a type. Each event is a unit of work: it has a scope and a context of its own, its queries
    /// see what was handled before it, and one that fails leaves the others alone. Events that are waiting share a
    /// transaction, so that a commit is paid for once.
    /// </summary>
    /// <exception cref="InvalidOperationException">The event is not in the catalog, or the group handles it already.</exception>
    public ConsumerGroupBuilder Subscribe<TEvent, THandler>()
        where TEvent : class, IEvent<TEvent>
        where THandler : class, IEventHandler<TEvent>
        => Add<TEvent, THandler>(UnitOfWork.Event);

    /// <summary>
    /// As <see cref="Subscribe{TEvent, THandler}"/>, for a handler that adds rows and little else: waiting events share a scope and a context, and
    /// are saved together. That is several times faster, but a query does not see what the events before it have added and not
    /// saved: it has to look at the context's local entities, too. Where one event fails, the others are handled again without it.
    /// </summary>
    /// <exception cref="InvalidOperationException">The event is not in the catalog, or the group handles it already.</exception>
    public ConsumerGroupBuilder SubscribeInBatches<TEvent, THandler>()
        where TEvent : class, IEvent<TEvent>
        where THandler : class, IEventHandler<TEvent>
        => Add<TEvent, THandler>(UnitOfWork.Batch);

    /// <summary>
    /// As <see cref="Subscribe{TEvent, THandler}"/>, for a handler that is slow or calls others: each event has a transaction of its own,
    /// and holds no rows of other events meanwhile.
    /// </summary>
    /// <exception cref="InvalidOperationException">The event is not in the catalog, or the group handles it already.</exception>
    public ConsumerGroupBuilder SubscribeIsolated<TEvent, THandler>()
        where TEvent : class, IEvent<TEvent>
        where THandler : class, IEventHandler<TEvent>
        => Add<TEvent, THandler>(UnitOfWork.Isolated);

    /// <summary>Has a handler called, once for each event, when the group gives an event up. The group needs an inbox for that.</summary>
    /// <exception cref="InvalidOperationException">The group has such a handler already.</exception>
    public ConsumerGroupBuilder OnDeadLetter<THandler>()
        where THandler : class, IDeadLetterHandler
    {
        Group.SetDeadLetterHandler(typeof(THandler));
        EventBus.Host.Services.TryAddScoped<THandler>();
        return this;
    }

    private ConsumerGroupBuilder Add<TEvent, THandler>(UnitOfWork unitOfWork)
        where TEvent : class, IEvent<TEvent>
        where THandler : class, IEventHandler<TEvent>
    {
        if (!EventBus.Catalog.Contains<TEvent>())
            throw new InvalidOperationException($"{typeof(THandler).Name} subscribes to '{TEvent.Type}', which is not in the event catalog.");

        Group.Add(new Subscription<TEvent, THandler>(EventBus.Catalog) { UnitOfWork = unitOfWork });
        EventBus.Host.Services.TryAddScoped<THandler>();
        return this;
    }
}
