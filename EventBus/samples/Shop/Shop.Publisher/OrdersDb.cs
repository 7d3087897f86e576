using Microsoft.EntityFrameworkCore;
using TaskPlatform.EventBus.PostgreSql;

namespace Shop;

/// <summary>The publisher's own database.</summary>
internal sealed class OrdersDb(DbContextOptions<OrdersDb> options) : DbContext(options)
{
    public DbSet<Order> Orders => Set<Order>();

    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.AddEventLog();
}

internal sealed class Order
{
    public required Guid Id { get; init; }

    public required decimal Total { get; init; }
}
