using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>Configures what a bus keeps in a database, besides the inboxes of its groups.</summary>
public sealed class PostgresBuilder<TDb>
    where TDb : DbContext
{
    private readonly EventBusBuilder bus;
    private readonly ContextUse<TDb> use;

    internal PostgresBuilder(EventBusBuilder bus, ContextUse<TDb> use) => (this.bus, this.use) = (bus, use);

    /// <summary>
    /// Stores events published through <typeparamref name="TDb"/> in its event log, and adds the dispatcher that sends them. An event log belongs to one bus.
    /// </summary>
    /// <param name="log">The name of the log, for example <c>tasks</c>. Every process that shares the database uses the same name.</param>
    /// <param name="keepHistory">
    /// Whether to keep published events forever, as the history of their aggregates. Default: they are deleted after
    /// <see cref="EventBusOptions.LogRetention"/>.
    /// </param>
    /// <exception cref="InvalidOperationException">The context has an outbox already, of this bus or another one.</exception>
    public PostgresBuilder<TDb> Outbox(string log, bool keepHistory = false)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(log);
        if (bus.Services.Select(service => service.IsKeyedService ? null : service.ImplementationInstance).OfType<OutboxOwner>().FirstOrDefault() is { } first)
        {
            throw new InvalidOperationException(
                $"{typeof(TDb).Name} has two outboxes: '{first.Log}' of {first.Bus}, and '{log}' of {Describe(bus)}. The events of a context go to one bus; give the other bus a context of its own.");
        }

        bus.Services.AddSingleton(new OutboxOwner(log, Describe(bus)));
        (use.Log, use.KeepHistory) = (log, keepHistory);
        var parts = bus.Parts;
        parts.AddSingleton<CommitSignal<TDb>>();
        AddHealthCheck(log);
        bus.Services.AddScoped<ICauseRecorder, CauseRecorder<TDb>>();

        // Hosted services stop in reverse order of registration. As the first one, the dispatcher stops last
        // and publishes what the last requests and handlers have appended.
        parts.Insert(0, ServiceDescriptor.Singleton<IHostedService>(provider => CreateDispatcher(provider, log)));
        return this;
    }

    /// <summary>
    /// Sends all plain inserts of a <c>SaveChanges</c>, with those of the outbox and the inbox, in one round trip with one statement per table. It replaces
    /// a part of Entity Framework for every <c>SaveChanges</c> of the context, so it is chosen, not given: without it, EF's own batches are used.
    /// </summary>
    public PostgresBuilder<TDb> UseBulkInserts()
    {
        use.BulkInserts = true;
        return this;
    }

    /// <summary>
    /// Publishes the bus's alerts as <see cref="AlertChanged"/> events, so that a consumer can send notifications. Any process may detect an alert.
    /// Call this in the processes of one service only, which share an outbox, because replays read the events from its log.
    /// </summary>
    public PostgresBuilder<TDb> PublishAlerts()
    {
        bus.Services.AddKeyedScoped<IAlertLog, AlertPublisher<TDb>>(bus.Name);
        return this;
    }

    private static Dispatcher<TDb> CreateDispatcher(IServiceProvider parts, string log) => ActivatorUtilities.CreateInstance<Dispatcher<TDb>>(
        parts,
        log,
        ActivatorUtilities.CreateInstance<LeaderElection<TDb>>(parts, log),
        ActivatorUtilities.CreateInstance<LeaderTerms>(parts, parts.GetRequiredKeyedService<OutboxState>(log)));

    /// <summary>The check of a bus's first log is <c>outbox</c>; those of further ones have the name of their log.</summary>
    private void AddHealthCheck(string log)
    {
        var isFirst = !bus.Parts.Any(part => part.ServiceType == typeof(OutboxState));
        var state = new OutboxState();
        bus.Parts.AddKeyedSingleton(log, state);
        bus.AddHealthCheck<OutboxHealthCheck>(isFirst ? "outbox" : $"outbox-{log}", state);
    }

    private static string Describe(EventBusBuilder bus) => bus.Name is null ? "the default bus" : $"the bus '{bus.Name}'";

    private sealed record OutboxOwner(string Log, string Bus);
}
