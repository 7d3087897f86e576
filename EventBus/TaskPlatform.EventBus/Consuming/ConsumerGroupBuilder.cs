using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace TaskPlatform.EventBus;

/// <summary>The handlers of one consumer group.</summary>
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
    /// <param name="configure">The handler's time limit, retries and transaction, where they differ from the defaults.</param>
    /// <exception cref="InvalidOperationException">The event is not in the catalog, or the group handles it already.</exception>
    public ConsumerGroupBuilder Handle<TEvent, THandler>(Action<HandlerBuilder>? configure = null)
        where TEvent : class, IEvent<TEvent>
        where THandler : class, IEventHandler<TEvent>
        => Add<TEvent, THandler>(UnitOfWork.Event, configure);

    /// <summary>
    /// Like <see cref="Handle{TEvent, THandler}"/>, for a handler that adds rows and little else: waiting events share a scope and a context, and
    /// are saved together. That is several times faster, but a query does not see what the events before it have added and not
    /// saved: it has to look at the context's local entities, too. Where one event fails, the others are handled again without it.
    /// </summary>
    /// <param name="configure">The handler's time limit and retries, where they differ from the defaults.</param>
    /// <exception cref="InvalidOperationException">The event is not in the catalog, or the group handles it already.</exception>
    public ConsumerGroupBuilder HandleInBatches<TEvent, THandler>(Action<HandlerBuilder>? configure = null)
        where TEvent : class, IEvent<TEvent>
        where THandler : class, IEventHandler<TEvent>
        => Add<TEvent, THandler>(UnitOfWork.Batch, configure);

    /// <summary>Has a handler called, once for each event, when the group gives an event up. The group needs an inbox for that.</summary>
    /// <exception cref="InvalidOperationException">The group has such a handler already.</exception>
    public ConsumerGroupBuilder OnDeadLetter<THandler>()
        where THandler : class, IDeadLetterHandler
    {
        Group.SetDeadLetterHandler(typeof(THandler));
        EventBus.Host.Services.TryAddScoped<THandler>();
        return this;
    }

    private ConsumerGroupBuilder Add<TEvent, THandler>(UnitOfWork unitOfWork, Action<HandlerBuilder>? configure)
        where TEvent : class, IEvent<TEvent>
        where THandler : class, IEventHandler<TEvent>
    {
        if (!EventBus.Catalog.Contains<TEvent>())
            throw new InvalidOperationException($"{typeof(THandler).Name} handles '{TEvent.Type}', which is not in the event catalog.");

        var handler = new HandlerBuilder(unitOfWork);
        configure?.Invoke(handler);
        Group.Add(new Subscription<TEvent, THandler>(EventBus.Catalog)
        {
            UnitOfWork = handler.UnitOfWork, Timeout = handler.TimeLimit, Retries = handler.Retries,
        });
        EventBus.Host.Services.TryAddScoped<THandler>();
        return this;
    }
}
