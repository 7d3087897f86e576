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

    /// <summary>Has a handler called for every event of a type.</summary>
    /// <exception cref="InvalidOperationException">The event is not in the catalog, or the group handles it already.</exception>
    public ConsumerGroupBuilder Subscribe<TEvent, THandler>()
        where TEvent : class, IEvent<TEvent>
        where THandler : class, IEventHandler<TEvent>
    {
        if (!EventBus.Catalog.Contains<TEvent>())
            throw new InvalidOperationException($"{typeof(THandler).Name} subscribes to '{TEvent.Type}', which is not in the event catalog.");

        Group.Add(new Subscription<TEvent, THandler>(EventBus.Catalog));
        EventBus.Host.Services.TryAddScoped<THandler>();
        return this;
    }

    /// <summary>Has a handler called, once for each event, when the group gives an event up. The group needs an inbox for that.</summary>
    /// <exception cref="InvalidOperationException">The group has such a handler already.</exception>
    public ConsumerGroupBuilder OnDeadLetter<THandler>()
        where THandler : class, IDeadLetterHandler
    {
        Group.SetDeadLetterHandler(typeof(THandler));
        EventBus.Host.Services.TryAddScoped<THandler>();
        return this;
    }
}
