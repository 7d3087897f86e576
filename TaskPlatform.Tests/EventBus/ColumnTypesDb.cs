using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using TaskPlatform.EventBus.PostgreSql;

namespace TaskPlatform.Tests.EventBus;

/// <summary>A service's database with every kind of column that is saved in its own way.</summary>
internal sealed class ColumnTypesDb(DbContextOptions<ColumnTypesDb> options) : DbContext(options)
{
    public DbSet<Sort> Sorts => Set<Sort>();

    public DbSet<Listed> Lists => Set<Listed>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.AddEventLog();
        modelBuilder.AddInbox();
        modelBuilder.Entity<Sort>(sort =>
        {
            sort.ToTable("sorts").Property(e => e.Id).ValueGeneratedNever();
            sort.Property(e => e.State).HasConversion<string>();
            sort.Property(e => e.Json).HasColumnType("jsonb");
        });
        modelBuilder.Entity<Listed>().ToTable("lists").Property(e => e.Id).ValueGeneratedNever();
        modelBuilder.Entity<Counted>().ToTable("counted");
        modelBuilder.Entity<Versioned>().ToTable("versioned").Property(e => e.Id).ValueGeneratedNever();
        modelBuilder.Entity<Versioned>().Property(e => e.Version).IsConcurrencyToken();
        modelBuilder.Entity<Parent>().ToTable("parents").HasMany(parent => parent.Children).WithOne();
        EntityTypeBuilder<Stamped> stamped = modelBuilder.Entity<Stamped>().ToTable("stamped");
        stamped.Property(e => e.Id).ValueGeneratedNever();
        stamped.Property(e => e.At).HasDefaultValueSql("now()");
    }
}

internal enum SortState
{
    Open,
    Done,
}

internal sealed class Sort
{
    public required int Id { get; init; }

    public required string Name { get; init; }

    public required string? Nothing { get; init; }

    public required long? Maybe { get; init; }

    public required SortState State { get; init; }

    public required string Json { get; init; }

    public required DateTimeOffset At { get; init; }

    public required byte[] Bytes { get; init; }

    public required Guid Key { get; init; }

    public required decimal Price { get; init; }
}

internal sealed class Listed
{
    public required int Id { get; init; }

    public required long[] Numbers { get; init; }

    public required List<string> Names { get; init; }
}

internal sealed class Counted
{
    public long Id { get; init; }

    public required string Name { get; init; }
}

internal sealed class Versioned
{
    public required int Id { get; init; }

    public required int Version { get; set; }
}

internal sealed class Stamped
{
    public required int Id { get; init; }

    public DateTimeOffset At { get; init; }
}

internal sealed class Parent
{
    public long Id { get; init; }

    public required string Name { get; init; }

    public List<Child> Children { get; init; } = [];
}

internal sealed class Child
{
    public long Id { get; init; }

    public required string Name { get; init; }
}
