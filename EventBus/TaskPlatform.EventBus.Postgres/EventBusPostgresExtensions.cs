using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using TaskPlatform.EventBus.Postgres.Saving;

namespace TaskPlatform.EventBus.Postgres;

/// <summary>Keeps a service's events, and what it has handled, in its own database.</summary>
public static class EventBusPostgresExtensions
{
    /// <summary>Has events that are published through <typeparamref name="TDb"/> kept in its log, and adds the dispatcher that publishes the log.</summary>
    /// <param name="eventBus">The bus.</param>
    /// <param name="service">The log's name; the same in every process that shares the database, for example <c>tasks</c>.</param>
    /// <param name="keepHistory">
    /// Whether published events stay for ever, as the history of their aggregates. Default: they go after <see cref="EventBusOptions.LogRetention"/>.
    /// </param>
    public static EventBusBuilder UseEventLog<TDb>(this EventBusBuilder eventBus, string service, bool keepHistory = false)
        where TDb : DbContext
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(service);
        var services = eventBus.Host.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<CommitSignal<TDb>>();
        services.AddSingleton<OutboxState>();
        services.AddHealthChecks().AddCheck<OutboxHealthCheck>("outbox");
        services.ConfigureDbContext<TDb>((provider, db) => db
            .UseEventLog(provider.GetRequiredService<EventCatalog>(), provider.GetRequiredService<TimeProvider>())
            .AddInterceptors(provider.GetRequiredService<CommitSignal<TDb>>(), VersionConflict.Interceptor));
        services.AddScoped<ICauseRecorder, CauseRecorder<TDb>>();
        services.AddSingleton<IHostedService>(provider => ActivatorUtilities.CreateInstance<RetentionService<TDb>>(provider, keepHistory));

        // In front of the other hosted services, because they stop from the last to the first: requests and consumers end, and
        // what they appended is published before the dispatcher goes.
        services.Insert(0, ServiceDescriptor.Singleton<IHostedService>(
            provider => ActivatorUtilities.CreateInstance<Dispatcher<TDb>>(provider, service)));
        return eventBus;
    }

    /// <summary>
    /// Has events that are published through the context kept in its log. A context that is registered with
    /// <see cref="UseEventLog{TDb}"/> needs no more; this is for one that is made by hand, in a test for example.
    /// </summary>
    public static DbContextOptionsBuilder UseEventLog(this DbContextOptionsBuilder options, EventCatalog events, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(events);
        BusContextExtension.AddTo(options, events, clock ?? TimeProvider.System, hasEventLog: true);
        return options;
    }

    /// <inheritdoc cref="UseEventLog(DbContextOptionsBuilder, EventCatalog, TimeProvider?)"/>
    public static DbContextOptionsBuilder<TDb> UseEventLog<TDb>(this DbContextOptionsBuilder<TDb> options, EventCatalog events, TimeProvider? clock = null)
        where TDb : DbContext
        => (DbContextOptionsBuilder<TDb>)((DbContextOptionsBuilder)options).UseEventLog(events, clock);

    /// <summary>
    /// Publishes the bus's alerts as <see cref="AlertChanged"/>, whichever process finds them, so that a consumer can notify people.
    /// Only the processes of one service call this, those that share its event log: a replay reads the events from there.
    /// </summary>
    public static EventBusBuilder PublishAlerts<TDb>(this EventBusBuilder eventBus)
        where TDb : DbContext
    {
        eventBus.Host.Services.AddScoped<IAlertLog, AlertPublisher<TDb>>();
        return eventBus;
    }

    /// <summary>
    /// Keeps the group's inbox in <typeparamref name="TDb"/>, in the transaction of its handlers' effects. The context must not
    /// retry on its own (no retrying execution strategy): the bus does, with the whole transaction.
    /// </summary>
    public static ConsumerGroupBuilder UseInbox<TDb>(this ConsumerGroupBuilder group)
        where TDb : DbContext
    {
        var services = group.EventBus.Host.Services;
        services.ConfigureDbContext<TDb>((provider, db) => BusContextExtension.AddTo(
            db, provider.GetRequiredService<EventCatalog>(), provider.GetRequiredService<TimeProvider>(), hasEventLog: false));
        services.AddKeyedSingleton<IInbox, Inbox<TDb>>(group.Group.Name);
        return group;
    }
}
