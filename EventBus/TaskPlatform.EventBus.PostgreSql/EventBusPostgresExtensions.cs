using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using TaskPlatform.EventBus.PostgreSql.Saving;

namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>Stores a service's event log and inbox in its own database.</summary>
public static class EventBusPostgresExtensions
{
    /// <summary>Stores events published through <typeparamref name="TDb"/> in its event log, and adds the dispatcher that publishes them.</summary>
    /// <param name="eventBus">The bus.</param>
    /// <param name="service">The name of the log, for example <c>tasks</c>. Every process that shares the database uses the same name.</param>
    /// <param name="keepHistory">
    /// Whether to keep published events forever, as the history of their aggregates. Default: they are deleted after
    /// <see cref="EventBusOptions.LogRetention"/>.
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
        services.ConfigureDbContext<TDb>((provider, db) =>
        {
            BusContextExtension.AddTo(
                db, provider.GetRequiredService<EventCatalog>(), provider.GetRequiredService<TimeProvider>(), hasEventLog: true,
                () => provider.GetService<IEventTransport>()?.System);
            db.AddInterceptors(provider.GetRequiredService<CommitSignal<TDb>>(), VersionConflict.Interceptor);
        });
        services.AddScoped<ICauseRecorder, CauseRecorder<TDb>>();
        services.AddSingleton<IHostedService>(provider => ActivatorUtilities.CreateInstance<RetentionService<TDb>>(provider, keepHistory));

        // Hosted services stop in reverse order of registration. As the first one, the dispatcher stops last
        // and publishes what the last requests and handlers have appended.
        services.Insert(0, ServiceDescriptor.Singleton<IHostedService>(
            provider => ActivatorUtilities.CreateInstance<Dispatcher<TDb>>(provider, service)));
        return eventBus;
    }

    /// <summary>
    /// Stores events published through the context in its event log. <see cref="UseEventLog{TDb}(EventBusBuilder, string, bool)"/> already does this for a registered
    /// context; call it only for a context that is created manually, for example in a test.
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
    /// Publishes the bus's alerts as <see cref="AlertChanged"/> events, so that a consumer can send notifications. Any process may detect an alert.
    /// Call this in the processes of one service only, which share an event log, because replays read the events from that log.
    /// </summary>
    public static EventBusBuilder PublishAlerts<TDb>(this EventBusBuilder eventBus)
        where TDb : DbContext
    {
        eventBus.Host.Services.AddScoped<IAlertLog, AlertPublisher<TDb>>();
        return eventBus;
    }

    /// <summary>
    /// Stores the group's inbox in <typeparamref name="TDb"/>, in the same transaction as the effects of its handlers. The context must not
    /// use a retrying execution strategy: the bus retries the whole transaction itself.
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
