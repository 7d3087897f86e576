using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Update;
using Microsoft.Extensions.DependencyInjection;
using TaskPlatform.EventBus.PostgreSql.Saving;

namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>Stores a service's outbox and inboxes in its own database.</summary>
public static class EventBusPostgresExtensions
{
    /// <summary>
    /// Keeps the inboxes of the bus's groups in <typeparamref name="TDb"/>, in the same transaction as the effects of their handlers, and the outbox if
    /// <paramref name="configure"/> says so. A group that calls <see cref="UseInbox{TDb}"/> keeps its inbox elsewhere. The context must not use a retrying
    /// execution strategy: the bus retries the whole transaction itself.
    /// </summary>
    /// <param name="bus">The bus.</param>
    /// <param name="configure">Adds the outbox; null for a service that publishes nothing.</param>
    public static EventBusBuilder UsePostgres<TDb>(this EventBusBuilder bus, Action<PostgresBuilder<TDb>>? configure = null)
        where TDb : DbContext
    {
        ArgumentNullException.ThrowIfNull(bus);
        var use = ContextUse<TDb>.Of(bus);
        bus.Parts.AddSingleton<IInbox, Inbox<TDb>>();
        configure?.Invoke(new PostgresBuilder<TDb>(bus, use));
        return bus;
    }

    /// <summary>
    /// Keeps the group's inbox in <typeparamref name="TDb"/>, for a bus whose groups have several databases. The group's handlers may publish to the
    /// outbox of that context, whichever bus it belongs to.
    /// </summary>
    public static ConsumerGroupBuilder UseInbox<TDb>(this ConsumerGroupBuilder group)
        where TDb : DbContext
    {
        ArgumentNullException.ThrowIfNull(group);
        ContextUse<TDb>.Of(group.EventBus);
        group.EventBus.Parts.AddKeyedSingleton<IInbox, Inbox<TDb>>(group.Group.Name);
        return group;
    }

    /// <summary>
    /// Stores events published through the context in its event log. <see cref="PostgresBuilder{TDb}.Outbox"/> already does this for a registered
    /// context; call it only for a context that is created manually, for example in a test.
    /// </summary>
    public static DbContextOptionsBuilder UseEventLog(this DbContextOptionsBuilder options, EventCatalog events, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(events);
        BusContextExtension.AddTo(options, events, clock ?? TimeProvider.System, hasEventLog: true);
        return options;
    }

    /// <summary>
    /// Sends plain inserts in one statement per table. <see cref="PostgresBuilder{TDb}.UseBulkInserts"/> does this for a registered context. The context must also
    /// have <see cref="UseEventLog(DbContextOptionsBuilder, EventCatalog, TimeProvider?)"/> or an inbox of the bus.
    /// </summary>
    public static DbContextOptionsBuilder UseBulkInserts(this DbContextOptionsBuilder options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.ReplaceService<IModificationCommandBatchFactory, InsertBatchFactory>();
    }

    /// <inheritdoc cref="UseEventLog(DbContextOptionsBuilder, EventCatalog, TimeProvider?)"/>
    public static DbContextOptionsBuilder<TDb> UseEventLog<TDb>(this DbContextOptionsBuilder<TDb> options, EventCatalog events, TimeProvider? clock = null)
        where TDb : DbContext
        => (DbContextOptionsBuilder<TDb>)((DbContextOptionsBuilder)options).UseEventLog(events, clock);
}
