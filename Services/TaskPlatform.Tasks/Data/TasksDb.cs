using Microsoft.EntityFrameworkCore;
using TaskPlatform.EventBus.Postgres;
using TaskPlatform.Tasks.Idempotency;

namespace TaskPlatform.Tasks.Data;

internal sealed class TasksDb(DbContextOptions<TasksDb> options) : DbContext(options)
{
    // So many ids are fetched at a time: a task's id is known before it is saved, and its event goes along in the same trip.
    private const int IdsAtATime = 32;

    public DbSet<TaskItem> Tasks => Set<TaskItem>();

    public DbSet<FirstAnswer> FirstAnswers => Set<FirstAnswer>();

    public DbSet<EventLogRow> EventLog => Set<EventLogRow>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.AddEventLog();
        modelBuilder.HasSequence("task_ids").IncrementsBy(IdsAtATime);
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
        modelBuilder.Entity<FirstAnswer>(answer =>
        {
            answer.ToTable("first_answers");
            answer.HasKey(e => new { e.UserId, e.Key }).HasName(FirstAnswer.PrimaryKey);
            answer.Property(e => e.UserId).HasColumnName("user_id");
            answer.Property(e => e.Key).HasColumnName("key").HasMaxLength(FirstAnswer.MaxKeyLength);
            answer.Property(e => e.RequestHash).HasColumnName("request_hash");
            answer.Property(e => e.Status).HasColumnName("status");
            answer.Property(e => e.Location).HasColumnName("location");
            answer.Property(e => e.ETag).HasColumnName("etag");
            answer.Property(e => e.Body).HasColumnName("body");
            answer.Property(e => e.CreatedAt).HasColumnName("created_at");
            answer.HasIndex(e => e.CreatedAt).HasDatabaseName("ix_first_answers_created_at");
        });
    }
}
