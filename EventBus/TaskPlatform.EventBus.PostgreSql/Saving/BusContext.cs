using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace TaskPlatform.EventBus.PostgreSql.Saving;

/// <summary>The bus's state for one instance of a context.</summary>
internal sealed class BusContext(IDbContextOptions options) : IResettableService
{
    private readonly BusContextExtension extension = options.FindExtension<BusContextExtension>()!;
    private NpgsqlBatchCommand[] prependedCommands = [];

    public EventCatalog Catalog => extension.Catalog;

    public TimeProvider Clock => extension.Clock;

    public bool HasEventLog => extension.HasEventLog;

    public string? MessagingSystem => extension.MessagingSystem?.Invoke();

    /// <summary>The event being handled with this context: the cause of the events published through it.</summary>
    public (Guid EventId, string? CorrelationId)? Cause { get; set; }

    /// <exception cref="InvalidOperationException">The context is not configured for the bus.</exception>
    public static BusContext Of(DbContext db) => ((IInfrastructure<IServiceProvider>)db).Instance.GetService<BusContext>()
        ?? throw new InvalidOperationException($"{db.GetType().Name} is not configured for the event bus: {MissingLine(db)}");

    /// <summary>What the registration lacks if nothing can be published through the context.</summary>
    public static string MissingLine(DbContext db) => $"UsePostgres<{db.GetType().Name}>(store => store.Outbox(\"…\")) is missing.";

    /// <summary>Sends statements ahead of the next inserts that the context saves, in the same round trip.</summary>
    public void Prepend(NpgsqlBatchCommand[] statements) => prependedCommands = statements;

    /// <summary>Returns the statements that have not been sent yet and clears them.</summary>
    public NpgsqlBatchCommand[] TakePrependedCommands()
    {
        var statements = prependedCommands;
        prependedCommands = [];
        return statements;
    }

    /// <summary>Called when a pooled context is returned.</summary>
    public void ResetState()
    {
        Cause = null;
        prependedCommands = [];
    }

    public Task ResetStateAsync(CancellationToken cancellationToken = default)
    {
        ResetState();
        return Task.CompletedTask;
    }
}
