using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>Trims the streams and deletes old rows of the event log and the inbox. Only one process of the service deletes at a time.</summary>
internal sealed class RetentionService<TDb>(
    bool keepHistory, EventCatalog catalog, Topologies topologies, IEventTransport transport, EventBusOptions options, ApplicationScopes scopes,
    BackgroundLoops loops) : BackgroundService
    where TDb : DbContext
{
    private const int PageSize = 1000;

    private readonly Lazy<bool> hasInbox = new(() => HasInbox(scopes));

    /// <summary>Performs one cleanup.</summary>
    internal async Task RunOnceAsync(CancellationToken cancellationToken)
    {
        if (transport.Capabilities.Trimmer is { } trimmer)
            await trimmer.TrimAsync(topologies.StreamsOf(catalog), cancellationToken);
        if (!keepHistory)
            await DeleteAsync(DeletePublished, options.LogRetention, cancellationToken);
        if (hasInbox.Value)
            await DeleteAsync(DeleteHandled, options.InboxRetention, cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => loops.RunAsync(
        new($"retention of {typeof(TDb).Name}") { Interval = options.RetentionInterval, WaitsFirst = true }, RunOnceAsync, stoppingToken);

    /// <summary>Deletes expired rows from the oldest page of the log. An index on the publication time would slow down every publish.</summary>
    private const string DeletePublished =
        """
        DELETE FROM event_log WHERE id IN (
            SELECT id FROM (SELECT id, entry_id, published_at FROM event_log ORDER BY id LIMIT {1}) AS oldest
            WHERE entry_id IS NOT NULL AND published_at < now() - {0})
        """;

    private const string DeleteHandled =
        "DELETE FROM inbox WHERE ctid IN (SELECT ctid FROM inbox WHERE handled_at < now() - {0} LIMIT {1})";

    private async Task DeleteAsync(string statement, TimeSpan retention, CancellationToken cancellationToken)
    {
        var maxAge = retention > options.StreamRetention ? retention : options.StreamRetention;
        int deleted;
        do
        {
            await using var services = scopes.CreateAsyncScope();
            var database = services.ServiceProvider.GetRequiredService<TDb>().Database;
            await using var transaction = await database.BeginTransactionAsync(cancellationToken);
            var locked = await database
                .SqlQueryRaw<bool>("SELECT pg_try_advisory_xact_lock(hashtextextended('eventbus.retention', 0)) AS \"Value\"")
                .SingleAsync(cancellationToken);
            if (!locked)
                return; // Another process of the service is deleting.

            deleted = await database.ExecuteSqlRawAsync(statement, [maxAge, PageSize], cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
        while (deleted == PageSize);
    }

    private static bool HasInbox(ApplicationScopes scopes)
    {
        using var services = scopes.CreateScope();
        return services.ServiceProvider.GetRequiredService<TDb>().Model.FindEntityType(typeof(InboxRow)) is not null;
    }
}
