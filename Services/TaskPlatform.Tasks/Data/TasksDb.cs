using Microsoft.EntityFrameworkCore;
using TaskPlatform.EventBus.PostgreSql;
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
            task.Property(e => e.Id).HasColumnName("id").UseHiLo("task_ids");
            task.Property(e => e.Title).HasColumnName("title").HasMaxLength(200);
            task.Property(e => e.Description).HasColumnName("description");
            task.Property(e => e.Status).HasColumnName("status").HasMaxLength(20)
                .HasConversion(status => status.Name(), name => TaskItemStatusNames.Parse(name));
            task.Property(e => e.CreatorId).HasColumnName("creator_id");
            task.Property(e => e.WorkerIds).HasColumnName("worker_ids");
            task.Property(e => e.DueAt).HasColumnName("due_at");
            task.Property(e => e.CreatedAt).HasColumnName("created_at");
            task.Property(e => e.UpdatedAt).HasColumnName("updated_at");
            task.Property(e => e.CompletedAt).HasColumnName("completed_at");
            task.Property(e => e.Version).HasColumnName("version").IsConcurrencyToken();
            task.HasIndex(e => new { e.CreatorId, e.Id }).HasDatabaseName("ix_tasks_creator_id");
            task.HasIndex(e => new { e.Status, e.Id }).HasDatabaseName("ix_tasks_status");
            task.HasIndex(e => e.WorkerIds).HasMethod("gin").HasDatabaseName("ix_tasks_worker_ids");
        });
        modelBuilder.Entity<IdempotencyRecord>(record =>
        {
            record.ToTable("idempotency_records");
            record.HasKey(e => new { e.UserId, e.Key }).HasName(IdempotencyRecord.PrimaryKey);
            record.Property(e => e.UserId).HasColumnName("user_id");
            record.Property(e => e.Key).HasColumnName("key").HasMaxLength(IdempotencyRecord.MaxKeyLength);
            record.Property(e => e.RequestHash).HasColumnName("request_hash");
            record.Property(e => e.Status).HasColumnName("status");
            record.Property(e => e.Location).HasColumnName("location");
            record.Property(e => e.ETag).HasColumnName("etag");
            record.Property(e => e.Body).HasColumnName("body");
            record.Property(e => e.CreatedAt).HasColumnName("created_at");
            record.HasIndex(e => e.CreatedAt).HasDatabaseName("ix_idempotency_records_created_at");
        });
    }
}
