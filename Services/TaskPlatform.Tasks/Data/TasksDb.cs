using Microsoft.EntityFrameworkCore;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.ServiceDefaults.Data;
using TaskPlatform.Tasks.Idempotency;

namespace TaskPlatform.Tasks.Data;

internal sealed class TasksDb(DbContextOptions<TasksDb> options) : DbContext(options)
{
    // Ids are reserved in blocks: a task's id is known before the insert, so the task and its event are saved in one round trip.
    private const int IdBlockSize = 32;

    public DbSet<TaskItem> Tasks => Set<TaskItem>();

    public DbSet<IdempotencyRecord> IdempotencyRecords => Set<IdempotencyRecord>();

    public DbSet<EventLogRow> EventLog => Set<EventLogRow>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.AddEventLog();
        modelBuilder.HasSequence("task_ids").IncrementsBy(IdBlockSize);
        modelBuilder.Entity<TaskItem>(task =>
        {
            task.ToTable("tasks");
            task.Property(e => e.Id).UseHiLo("task_ids");
            task.Property(e => e.Title).HasMaxLength(200);
            task.Property(e => e.Status).HasMaxLength(20)
                .HasConversion(status => status.Name(), name => TaskItemStatusNames.Parse(name));
            task.Property(e => e.Version).IsConcurrencyToken();
            task.HasIndex(e => new { e.CreatorId, e.Id }).HasDatabaseName("ix_tasks_creator_id");
            task.HasIndex(e => new { e.Status, e.Id }).HasDatabaseName("ix_tasks_status");
            task.HasIndex(e => e.WorkerIds).HasMethod("gin").HasDatabaseName("ix_tasks_worker_ids");
        });
        modelBuilder.Entity<IdempotencyRecord>(record =>
        {
            record.ToTable("idempotency_records");
            record.HasKey(e => new { e.UserId, e.Key }).HasName(IdempotencyRecord.PrimaryKey);
            record.Property(e => e.Key).HasMaxLength(IdempotencyRecord.MaxKeyLength);
            record.Property(e => e.ETag).HasColumnName("etag");
            record.HasIndex(e => e.CreatedAt).HasDatabaseName("ix_idempotency_records_created_at");
        });
        modelBuilder.UseSnakeCaseColumns();
    }
}
