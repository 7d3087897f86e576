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
    /// <param name="timeout">
    /// How long the handler may run, in place of <see cref="EventBusOptions.HandlerTimeout"/>. Then its token is cancelled, and the attempt has
    /// failed. Where the handler goes on all the same, it is abandoned after up to 5 s more: its transaction is rolled back.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is not between a millisecond and a day.</exception>
    /// <exception cref="InvalidOperationException">The event is not in the catalog, or the group handles it already.</exception>
    public ConsumerGroupBuilder Subscribe<TEvent, THandler>(TimeSpan? timeout = null)
        where TEvent : class, IEvent<TEvent>
        where THandler : class, IEventHandler<TEvent>
        => Add<TEvent, THandler>(UnitOfWork.Event, timeout);

    /// <summary>
    /// As <see cref="Subscribe{TEvent, THandler}(TimeSpan?)"/>, for a handler that adds rows and little else: waiting events share a scope and a context, and
    /// are saved together. That is several times faster, but a query does not see what the events before it have added and not
    /// saved: it has to look at the context's local entities, too. Where one event fails, the others are handled again without it.
    /// </summary>
    /// <param name="timeout">How long the handler may run, as for <see cref="Subscribe{TEvent, THandler}(TimeSpan?)"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is not between a millisecond and a day.</exception>
    /// <exception cref="InvalidOperationException">The event is not in the catalog, or the group handles it already.</exception>
    public ConsumerGroupBuilder SubscribeInBatches<TEvent, THandler>(TimeSpan? timeout = null)
        where TEvent : class, IEvent<TEvent>
        where THandler : class, IEventHandler<TEvent>
        => Add<TEvent, THandler>(UnitOfWork.Batch, timeout);

    /// <summary>
    /// As <see cref="Subscribe{TEvent, THandler}(TimeSpan?)"/>, for a handler that is slow or calls others: each event has a transaction of its own,
    /// and holds no rows of other events meanwhile.
    /// </summary>
    /// <param name="timeout">How long the handler may run, as for <see cref="Subscribe{TEvent, THandler}(TimeSpan?)"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is not between a millisecond and a day.</exception>
    /// <exception cref="InvalidOperationException">The event is not in the catalog, or the group handles it already.</exception>
    public ConsumerGroupBuilder SubscribeIsolated<TEvent, THandler>(TimeSpan? timeout = null)
        where TEvent : class, IEvent<TEvent>
        where THandler : class, IEventHandler<TEvent>
        => Add<TEvent, THandler>(UnitOfWork.Isolated, timeout);

    /// <summary>Has a handler called, once for each event, when the group gives an event up. The group needs an inbox for that.</summary>
    /// <exception cref="InvalidOperationException">The group has such a handler already.</exception>
    public ConsumerGroupBuilder OnDeadLetter<THandler>()
        where THandler : class, IDeadLetterHandler
    {
        Group.SetDeadLetterHandler(typeof(THandler));
        EventBus.Host.Services.TryAddScoped<THandler>();
        return this;
    }

    private ConsumerGroupBuilder Add<TEvent, THandler>(UnitOfWork unitOfWork, TimeSpan? timeout)
        where TEvent : class, IEvent<TEvent>
        where THandler : class, IEventHandler<TEvent>
    {
        if (!EventBus.Catalog.Contains<TEvent>())
            throw new InvalidOperationException($"{typeof(THandler).Name} subscribes to '{TEvent.Type}', which is not in the event catalog.");
        if (timeout is { } limit && (limit < TimeSpan.FromMilliseconds(1) || limit > TimeSpan.FromDays(1)))
            throw new ArgumentOutOfRangeException(nameof(timeout), limit, "A handler's time limit is between a millisecond and a day.");

        Group.Add(new Subscription<TEvent, THandler>(EventBus.Catalog) { UnitOfWork = unitOfWork, Timeout = timeout });
        EventBus.Host.Services.TryAddScoped<THandler>();
        return this;
    }
}
