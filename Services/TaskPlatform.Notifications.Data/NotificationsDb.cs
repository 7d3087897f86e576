using Microsoft.AspNetCore.DataProtection.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using TaskPlatform.EventBus.Dashboard.Data;
using TaskPlatform.EventBus.Postgres;

namespace TaskPlatform.Notifications.Data;

public sealed class NotificationsDb(DbContextOptions<NotificationsDb> options) : DbContext(options), IDataProtectionKeyContext
{
    /// <summary>The name below <c>ConnectionStrings</c>.</summary>
    public const string ConnectionName = "notifications-db";

    /// <summary>Where the trigger on the table says who has something new: the user's id.</summary>
    public const string Channel = "notifications";

    // So many ids are fetched at a time: a notification's id is known before it is saved, and its event goes along.
    private const int IdBlockSize = 64;

    public DbSet<Notification> Notifications => Set<Notification>();

    public DbSet<Recipient> Recipients => Set<Recipient>();

    public DbSet<DataProtectionKey> DataProtectionKeys => Set<DataProtectionKey>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.AddEventLog();
        modelBuilder.AddInbox();
        modelBuilder.AddEventBusDashboard();
        modelBuilder.HasSequence("notification_ids").IncrementsBy(IdBlockSize);
        modelBuilder.Entity<Notification>(notification =>
        {
            notification.ToTable("notifications");
            notification.Property(e => e.Id).HasColumnName("id").UseHiLo("notification_ids");
            notification.Property(e => e.Position).HasColumnName("position").UseIdentityAlwaysColumn();
            notification.Property(e => e.TransactionId).HasColumnName("transaction_id").HasColumnType("xid8")
                .HasDefaultValueSql("pg_current_xact_id()");
            notification.Property(e => e.UserId).HasColumnName("user_id");
            notification.Property(e => e.Type).HasColumnName("type");
            notification.Property(e => e.TaskId).HasColumnName("task_id");
            notification.Property(e => e.Message).HasColumnName("message");
            notification.Property(e => e.CauseEventId).HasColumnName("cause_event_id");
            notification.Property(e => e.CreatedAt).HasColumnName("created_at");
            notification.Property(e => e.ReadAt).HasColumnName("read_at");

            // Postgres fills both in, and nobody here needs them back: so a batch of notifications is one statement.
            foreach (var filled in (IMutableProperty[])[notification.Property(e => e.Position).Metadata, notification.Property(e => e.TransactionId).Metadata])
            {
                filled.ValueGenerated = ValueGenerated.Never;
                filled.SetBeforeSaveBehavior(PropertySaveBehavior.Ignore);
            }

            notification.HasIndex(e => new { e.UserId, e.Position }, "ix_notifications_user_id");
            notification.HasIndex(e => new { e.UserId, e.TransactionId }).HasDatabaseName("ix_notifications_stream");
            notification.HasIndex(e => new { e.UserId, e.Position }, "ix_notifications_unread").HasFilter("read_at IS NULL");
        });
        modelBuilder.Entity<Recipient>(recipient =>
        {
            recipient.ToTable("recipients");
            recipient.Property(e => e.Id).HasColumnName("id").ValueGeneratedNever();
            recipient.Property(e => e.FullName).HasColumnName("full_name");
            recipient.Property(e => e.Role).HasColumnName("role");
            recipient.Property(e => e.Version).HasColumnName("version").IsConcurrencyToken();

            // Also where an event without a version deletes the user: a change decided before it must not bring the name back.
            recipient.Property(e => e.Deleted).HasColumnName("deleted").IsConcurrencyToken();
            recipient.Property(e => e.ErasedAt).HasColumnName("erased_at");
            recipient.HasIndex(e => e.Role).HasFilter("role = 'admin'").HasDatabaseName("ix_recipients_admins");
            recipient.HasIndex(e => e.Id).HasFilter("deleted AND erased_at IS NULL").HasDatabaseName("ix_recipients_to_erase");
        });
    }
}
