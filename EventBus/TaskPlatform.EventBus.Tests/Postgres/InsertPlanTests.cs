using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.EntityFrameworkCore.Update;
using TaskPlatform.EventBus.PostgreSql.Saving;

namespace TaskPlatform.EventBus.Tests.Postgres;

/// <summary>Which rows go without Entity Framework, and how. No database is needed for that.</summary>
public sealed class InsertPlanTests : IDisposable
{
    private readonly ShapesDb db = new(new DbContextOptionsBuilder<ShapesDb>().UseNpgsql("Host=nowhere").Options);

    public void Dispose() => db.Dispose();

    [Fact]
    public void A_plain_row_is_one_statement_and_so_are_many()
    {
        var (plan, entries) = PlanOf(new Plain { Id = 1, Name = "one" }, new Plain { Id = 2, Name = "two" });

        var row = plan!.Insert(entries[0]);
        var rows = plan.Insert(entries);

        Assert.Equal("""INSERT INTO "Plain" ("Id", "Name") VALUES ($1, $2)""", row.CommandText);
        Assert.Equal([1, "one"], row.Parameters.Select(parameter => parameter.Value));
        Assert.Equal("""INSERT INTO "Plain" ("Id", "Name") SELECT * FROM unnest($1, $2)""", rows.CommandText);
        Assert.Equal([[1, 2]], rows.Parameters.Take(1).Select(parameter => (int[])parameter.Value!));
        Assert.Equal(["one", "two"], (string[])rows.Parameters[1].Value!);
        Assert.Null(plan.Identity);
    }

    [Fact]
    public void An_identity_is_returned_in_the_order_of_the_entities()
    {
        var (plan, entries) = PlanOf(new Counted { Name = "one" }, new Counted { Name = "two" });

        Assert.Equal("Id", plan!.Identity?.Name);
        Assert.Equal(
            """INSERT INTO "Counted" ("Name") SELECT "Name" FROM unnest($1) WITH ORDINALITY AS rows ("Name", position) ORDER BY position RETURNING "Id" """.TrimEnd(),
            plan.Insert(entries).CommandText);
    }

    [Fact]
    public void Arrays_go_a_statement_a_row()
    {
        var (plan, _) = PlanOf(new Listed { Id = 1, Names = ["a"] });
        Assert.False(plan!.SupportsUnnest);
    }

    [Fact]
    public void An_identity_that_the_caller_sets_and_a_default_of_the_database_are_left_to_Entity_Framework()
    {
        Assert.Null(PlanOf(new Counted { Id = 5, Name = "set" }).Plan);
        Assert.Null(PlanOf(new Defaulted { Id = 1 }).Plan);
    }

    [Fact]
    public void A_change_is_left_to_Entity_Framework()
    {
        var known = new Plain { Id = 1, Name = "before" };
        db.Attach(known);
        known.Name = "after";
        Assert.Null(PlanOf().Plan);
    }

    private (InsertPlan? Plan, IReadOnlyList<IUpdateEntry> Entries) PlanOf(params object[] added)
    {
        db.AddRange(added);
        var adapter = db.GetService<IUpdateAdapterFactory>().Create();
        db.ChangeTracker.DetectChanges();
        var commands = db.GetService<ICommandBatchPreparer>().BatchCommands(adapter.GetEntriesToSave(), adapter)
            .SelectMany(batch => batch.ModificationCommands).ToList();
        return (InsertPlan.For(commands[0], db.GetService<ISqlGenerationHelper>()), [.. commands.SelectMany(command => command.Entries)]);
    }

    private sealed class ShapesDb(DbContextOptions<ShapesDb> options) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder)
        {
            modelBuilder.Entity<Plain>().Property(plain => plain.Id).ValueGeneratedNever();
            modelBuilder.Entity<Counted>();
            modelBuilder.Entity<Listed>().Property(listed => listed.Id).ValueGeneratedNever();
            modelBuilder.Entity<Defaulted>().Property(defaulted => defaulted.Id).ValueGeneratedNever();
            modelBuilder.Entity<Defaulted>().Property(defaulted => defaulted.CreatedAt).HasDefaultValueSql("now()");
        }
    }

    private sealed class Plain
    {
        public int Id { get; init; }

        public required string Name { get; set; }
    }

    private sealed class Counted
    {
        public long Id { get; init; }

        public required string Name { get; init; }
    }

    private sealed class Listed
    {
        public int Id { get; init; }

        public required string[] Names { get; init; }
    }

    private sealed class Defaulted
    {
        public int Id { get; init; }

        public DateTime CreatedAt { get; init; }
    }
}
