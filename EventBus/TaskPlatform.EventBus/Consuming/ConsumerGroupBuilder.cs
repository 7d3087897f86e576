using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace TaskPlatform.EventBus;

/// <summary>The handlers of one consumer group.</summary>
public sealed partial class ConsumerGroupBuilder
{
    private readonly string optionsName;

    internal ConsumerGroupBuilder(EventBusBuilder eventBus, ConsumerGroup group)
    {
        EventBus = eventBus;
        Group = group;
        var section = eventBus.PathOf(ConsumerGroupOptions.Section);
        optionsName = ConsumerGroupOptions.NameOf(eventBus.Name, group.Name);
        eventBus.Services.AddOptions<ConsumerGroupOptions>(optionsName)
            .Configure<IServiceProvider>((options, application) => application.GetService<IConfiguration>()?.GetSection($"{section}:{group.Name}").Bind(options))
            .ValidateOnStart();
        eventBus.Services.AddSingleton<IValidateOptions<ConsumerGroupOptions>>(application =>
            new ConsumerGroupOptionsValidator(optionsName, section, group.Name, eventBus.GroupNames, application.GetService<IConfiguration>()));
    }

    /// <summary>The bus that the group belongs to.</summary>
    public EventBusBuilder EventBus { get; }

    /// <summary>The group as registered so far.</summary>
    public ConsumerGroup Group { get; }

    /// <summary>
    /// Sets options of the group beyond its section <c>EventBus:Groups:&lt;group&gt;</c>. Those that neither sets follow
    /// <see cref="EventBusOptions"/>. They are validated when the process starts.
    /// </summary>
    public ConsumerGroupBuilder Configure(Action<ConsumerGroupOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        EventBus.Services.Configure(optionsName, configure);
        return this;
    }

    /// <summary>
    /// Adds a handler of an event type. Each event is a unit of work: it has its own scope and context, its queries see the effects of previous
    /// events, and if it fails, the other events are not affected. Queued events share a transaction, so that they share the cost of one
    /// commit. An event type can have several handlers, each with its own settings: if one fails, the others are neither stopped nor run again.
    /// </summary>
    /// <param name="configure">Configures the handler's name, time limit, retries, middleware and transaction, if they differ from the defaults.</param>
    /// <exception cref="InvalidOperationException">The event is not in the catalog, or the group already has this handler for it.</exception>
    public ConsumerGroupBuilder Handle<TEvent, THandler>(Action<HandlerBuilder>? configure = null)
        where TEvent : class, IEvent<TEvent>
        where THandler : class, IEventHandler<TEvent>
        => Add<TEvent, THandler>(UnitOfWork.Event, configure);

    /// <summary>
    /// Like <see cref="Handle{TEvent, THandler}"/>, for a handler that mostly inserts rows: queued events share a scope and a context, and
    /// are saved together. That is several times faster, but queries do not return the unsaved rows of previous events, so the handler has to check
    /// the context's local entities as well. If one event fails, the others are handled again without it.
    /// </summary>
    /// <param name="configure">Configures the handler's name, time limit, retries and middleware, if they differ from the defaults.</param>
    /// <exception cref="InvalidOperationException">The event is not in the catalog, or the group already has this handler for it.</exception>
    public ConsumerGroupBuilder HandleInBatches<TEvent, THandler>(Action<HandlerBuilder>? configure = null)
        where TEvent : class, IEvent<TEvent>
        where THandler : class, IEventHandler<TEvent>
        => Add<TEvent, THandler>(UnitOfWork.Batch, configure);

    /// <summary>Adds a handler that runs once for each event that the group dead-letters. The group must have an inbox.</summary>
    /// <exception cref="InvalidOperationException">The group already has a dead letter handler.</exception>
    public ConsumerGroupBuilder OnDeadLetter<THandler>()
        where THandler : class, IDeadLetterHandler
    {
        Group.SetDeadLetterHandler(typeof(THandler));
        EventBus.Services.TryAddScoped<THandler>();
        return this;
    }

    /// <summary>
    /// Keeps the order of each aggregate's events when one of them fails: the later ones wait for it, parked in the group's store, while other aggregates go on. They
    /// follow in order when it succeeds, is reprocessed, or is skipped by an operator. Retries are scheduled by the store. The group needs an inbox that can park events, and
    /// <see cref="EventOrdering.Strict"/>. Without it, a retry is handled after events that were published later.
    /// </summary>
    public ConsumerGroupBuilder Ordered()
    {
        Group.IsOrdered = true;
        return this;
    }

    /// <summary>
    /// Runs a middleware around each handler of the group, wherever that is added: inside of those added before, outside of the handler's own. It is
    /// created by dependency injection, in the handler's scope.
    /// </summary>
    public ConsumerGroupBuilder Use<TMiddleware>()
        where TMiddleware : class, IEventMiddleware
    {
        Group.Middleware.Add(typeof(TMiddleware));
        EventBus.Services.TryAddScoped<TMiddleware>();
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
            GivenName = handler.HandlerName, UnitOfWork = handler.UnitOfWork, Timeout = handler.TimeLimit, Retries = handler.Retries,
            Middleware = handler.Middleware,
        });
        EventBus.Services.TryAddScoped<THandler>();
        foreach (var middleware in handler.Middleware)
            EventBus.Services.TryAddScoped(middleware);
        return this;
    }
}
