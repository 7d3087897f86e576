using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace TaskPlatform.EventBus.Postgres.Saving;

/// <summary>What the bus keeps for one instance of a context, for as long as that is in use.</summary>
internal sealed class BusContext(IDbContextOptions options) : IResettableService
{
    private readonly BusContextExtension extension = options.FindExtension<BusContextExtension>()!;
    private NpgsqlBatchCommand[] prependedCommands = [];

    public EventCatalog Catalog => extension.Catalog;

    public TimeProvider Clock => extension.Clock;

    public bool HasEventLog => extension.HasEventLog;

    /// <summary>The event that is handled with this context: the cause of what is published through it.</summary>
    public (Guid EventId, string? CorrelationId)? Cause { get; set; }

    /// <exception cref="InvalidOperationException">The context has nothing to do with the bus.</exception>
    public static BusContext Of(DbContext db) => ((IInfrastructure<IServiceProvider>)db).Instance.GetService<BusContext>()
        ?? throw new InvalidOperationException($"{db.GetType().Name} is not part of the event bus: UseEventLog<{db.GetType().Name}> is missing.");

    /// <summary>Has statements sent in front of the next rows that the context saves, in the same trip.</summary>
    public void Prepend(NpgsqlBatchCommand[] statements) => prependedCommands = statements;

    /// <summary>The statements that were not sent yet; they are the caller's now.</summary>
    public NpgsqlBatchCommand[] TakePrependedCommands()
    {
        var statements = prependedCommands;
        prependedCommands = [];
        return statements;
    }

    /// <summary>A pooled context goes to its next user.</summary>
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
