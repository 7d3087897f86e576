using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace TaskPlatform.ServiceDefaults.Data;

/// <summary>
/// Checks whether the database accepts writes. Entity Framework's own check only connects, which also succeeds on a server that refuses writes,
/// such as one that became a standby. A locking read of zero rows needs the same permissions as a write and changes nothing.
/// </summary>
internal sealed class DatabaseHealthCheck<TDb>(TDb db) : IHealthCheck
    where TDb : DbContext
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await db.Database.ExecuteSqlRawAsync(Statement(), cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, failure.GetBaseException().Message, failure);
        }
    }

    private string Statement()
    {
        var table = db.Model.GetEntityTypes().SelectMany(entity => entity.GetTableMappings()).Select(mapping => mapping.Table).First();
        return $"SELECT 1 FROM \"{table.Name}\" LIMIT 0 FOR UPDATE";
    }
}
