using Microsoft.EntityFrameworkCore;
using TaskPlatform.EventBus.PostgreSql;

namespace TaskPlatform.EventBus.Benchmarks.Bus;

/// <summary>The state changed together with an event.</summary>
public sealed class StateRow
{
    public required int Id { get; init; }

    public required string Text { get; init; }
}

/// <summary>The row that a handler inserts for an event, about as large as a notification.</summary>
public sealed class EffectRow
{
    public required Guid Id { get; init; }

    public required Guid EventId { get; init; }

    public required int MeasuredId { get; init; }

    public required string Text { get; init; }
}

/// <summary>A minimal service database: the bus's tables, a state and an effect.</summary>
public sealed class BenchmarkDb(DbContextOptions<BenchmarkDb> options) : DbContext(options)
{
    public DbSet<StateRow> States => Set<StateRow>();

    public DbSet<EffectRow> Effects => Set<EffectRow>();

    public static BenchmarkDb Open(string connectionString)
        => new(new DbContextOptionsBuilder<BenchmarkDb>().UseNpgsql(connectionString).Options);

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<StateRow>(row =>
        {
            row.ToTable("state");
            row.Property(e => e.Id).HasColumnName("id").ValueGeneratedNever();
            row.Property(e => e.Text).HasColumnName("text");
        });
        modelBuilder.Entity<EffectRow>(row =>
        {
            row.ToTable("effect");
            row.Property(e => e.Id).HasColumnName("id").ValueGeneratedNever();
            row.Property(e => e.EventId).HasColumnName("event_id");
            row.Property(e => e.MeasuredId).HasColumnName("measured_id");
            row.Property(e => e.Text).HasColumnName("text");
        });
        modelBuilder.AddEventLog();
        modelBuilder.AddInbox();
    }
}
