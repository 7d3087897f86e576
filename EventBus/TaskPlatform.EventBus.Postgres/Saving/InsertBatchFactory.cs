using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Update;
using Npgsql.EntityFrameworkCore.PostgreSQL.Update.Internal;

namespace TaskPlatform.EventBus.Postgres.Saving;

/// <summary>Takes the place of the provider's factory, and keeps it for whatever is more than a new row.</summary>
internal sealed class InsertBatchFactory(ModificationCommandBatchFactoryDependencies dependencies, IDbContextOptions options, BusContext bus)
    : IModificationCommandBatchFactory
{
    // The provider's own limit, where the options set none.
    private const int DefaultLimit = 1000;

    private readonly int limit = RelationalOptionsExtension.Extract(options).MaxBatchSize ?? DefaultLimit;

#pragma warning disable EF1001 // Entity Framework has no public way to what a replaced service stood for.
    private readonly NpgsqlModificationCommandBatchFactory provider = new(dependencies, options);
#pragma warning restore EF1001

    public ModificationCommandBatch Create() => new InsertBatch(dependencies, limit, provider, bus);
}
