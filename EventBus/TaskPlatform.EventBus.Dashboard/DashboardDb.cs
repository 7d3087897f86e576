using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using TaskPlatform.EventBus.Dashboard.Data;

namespace TaskPlatform.EventBus.Dashboard;

/// <summary>The dashboard's tables in the host's context.</summary>
internal sealed class DashboardDb(DbContext context)
{
    public DbSet<AdminAction> AdminActions => context.Set<AdminAction>();

    public DbSet<AdminJob> AdminJobs => context.Set<AdminJob>();

    public DbSet<ChartSample> ChartSamples => context.Set<ChartSample>();

    public DatabaseFacade Database => context.Database;

    public Task SaveChangesAsync(CancellationToken cancellationToken) => context.SaveChangesAsync(cancellationToken);
}
