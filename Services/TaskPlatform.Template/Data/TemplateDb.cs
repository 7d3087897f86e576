using Microsoft.EntityFrameworkCore;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.ServiceDefaults.Data;

namespace TaskPlatform.Template.Data;

internal sealed class TemplateDb(DbContextOptions<TemplateDb> options) : DbContext(options)
{
    public DbSet<Item> Items => Set<Item>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.AddEventLog(); // For db.Publish(…).
        modelBuilder.AddInbox(); // For consumer groups of this service.
        modelBuilder.HasSequence("item_ids").IncrementsBy(32);
        modelBuilder.Entity<Item>(item =>
        {
            item.ToTable("items");
            item.Property(e => e.Id).UseHiLo("item_ids");
            item.Property(e => e.Name).HasMaxLength(200);
        });
        modelBuilder.UseSnakeCaseColumns();
    }
}

internal sealed class Item
{
    public long Id { get; init; }

    public required string Name { get; init; }
}
