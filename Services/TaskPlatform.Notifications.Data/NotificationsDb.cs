using Microsoft.AspNetCore.DataProtection.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using TaskPlatform.EventBus.Dashboard.Data;
using TaskPlatform.EventBus.PostgreSql;

namespace TaskPlatform.Notifications.Data;

public sealed class NotificationsDb(DbContextOptions<NotificationsDb> options) : DbContext(options), IDataProtectionKeyContext
{
    /// <summary>The name below <c>ConnectionStrings</c>.</summary>
    public const string ConnectionName = "notifications-db";

    /// <summary>The channel on which the table's trigger sends the ids of users with new notifications.</summary>
    public const string Channel = "notifications";

    // Ids are reserved in blocks: a notification's id is known before the insert, so it is saved together with its event.
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

            // Postgres generates both and the application never needs them back, so a batch of notifications is one statement.
            foreach (var generated in (IMutableProperty[])[notification.Property(e => e.Position).Metadata, notification.Property(e => e.TransactionId).Metadata])
            {
                generated.ValueGenerated = ValueGenerated.Never;
                generated.SetBeforeSaveBehavior(PropertySaveBehavior.Ignore);
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

            // Detects a deletion by an event without a version too, so that a concurrent update can't restore the name.
            recipient.Property(e => e.Deleted).HasColumnName("deleted").IsConcurrencyToken();
            recipient.Property(e => e.ErasedAt).HasColumnName("erased_at");
            recipient.HasIndex(e => e.Role).HasFilter("role = 'admin'").HasDatabaseName("ix_recipients_admins");
            recipient.HasIndex(e => e.Id).HasFilter("deleted AND erased_at IS NULL").HasDatabaseName("ix_recipients_to_erase");
        });
    }
}
