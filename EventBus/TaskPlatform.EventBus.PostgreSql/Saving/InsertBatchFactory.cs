using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Update;
using Npgsql.EntityFrameworkCore.PostgreSQL.Update.Internal;

namespace TaskPlatform.EventBus.PostgreSql.Saving;

/// <summary>Replaces the provider's factory, and falls back to it for anything other than plain inserts.</summary>
internal sealed class InsertBatchFactory(ModificationCommandBatchFactoryDependencies dependencies, IDbContextOptions options, BusContext bus)
    : IModificationCommandBatchFactory
{
    // The provider's default.
    private const int DefaultLimit = 1000;

    private readonly int limit = RelationalOptionsExtension.Extract(options).MaxBatchSize ?? DefaultLimit;

#pragma warning disable EF1001 // Entity Framework has no public API for the service that a replacement replaces.
    private readonly NpgsqlModificationCommandBatchFactory provider = new(dependencies, options);
#pragma warning restore EF1001

    public ModificationCommandBatch Create() => new InsertBatch(dependencies, limit, provider, bus);
}
