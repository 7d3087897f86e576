using Microsoft.EntityFrameworkCore;
using TaskPlatform.EventBus.PostgreSql;

namespace Shop;

/// <summary>The consumer's own database.</summary>
internal sealed class BillingDb(DbContextOptions<BillingDb> options) : DbContext(options)
{
    public DbSet<Charge> Charges => Set<Charge>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.AddInbox();
        modelBuilder.Entity<Charge>().HasKey(charge => charge.OrderId);
    }
}

internal sealed class Charge
{
    public required Guid OrderId { get; init; }

    public required decimal Amount { get; init; }
}
