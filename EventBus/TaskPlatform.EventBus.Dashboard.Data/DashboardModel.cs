using Microsoft.AspNetCore.DataProtection.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;

namespace TaskPlatform.EventBus.Dashboard.Data;

/// <summary>Adds the dashboard's tables to the host's model, so that the host's migrations create them.</summary>
public static class DashboardModel
{
    /// <summary>Adds the tables <c>admin_actions</c>, <c>admin_jobs</c>, <c>bus_samples</c> and <c>data_protection_keys</c>.</summary>
    public static ModelBuilder AddEventBusDashboard(this ModelBuilder model)
    {
        ArgumentNullException.ThrowIfNull(model);
        model.Entity<AdminAction>(action =>
        {
            action.ToTable("admin_actions");
            action.Property(e => e.Id).HasColumnName("id").UseIdentityAlwaysColumn();
            action.Property(e => e.At).HasColumnName("at");
            action.Property(e => e.UserId).HasColumnName("user_id");
            action.Property(e => e.Email).HasColumnName("email");
            action.Property(e => e.Action).HasColumnName("action");
            action.Property(e => e.Target).HasColumnName("target");
            action.Property(e => e.Details).HasColumnName("details");
            action.Property(e => e.Status).HasColumnName("status");
        });
        model.Entity<AdminJob>(job =>
        {
            job.ToTable("admin_jobs");
            job.Property(e => e.Id).HasColumnName("id").ValueGeneratedNever();
            job.Property(e => e.Kind).HasColumnName("kind").HasConversion<string>();
            job.Property(e => e.State).HasColumnName("state").HasConversion<string>();
            job.Property(e => e.Group).HasColumnName("consumer_group");
            job.Property(e => e.Parameters).HasColumnName("parameters");
            job.Property(e => e.Cutoff).HasColumnName("cutoff");
            job.Property(e => e.Cursor).HasColumnName("cursor");
            job.Property(e => e.Total).HasColumnName("total");
            job.Property(e => e.Done).HasColumnName("done");
            job.Property(e => e.Refused).HasColumnName("refused");
            job.Property(e => e.Rate).HasColumnName("rate");
            job.Property(e => e.UserId).HasColumnName("user_id");
            job.Property(e => e.Email).HasColumnName("email");
            job.Property(e => e.CreatedAt).HasColumnName("created_at");
            job.Property(e => e.NextAt).HasColumnName("next_at");
            job.Property(e => e.FinishedAt).HasColumnName("finished_at");
            job.Property(e => e.Problem).HasColumnName("problem");
            job.HasIndex(e => e.Group).IsUnique().HasFilter("state = 'Running'").HasDatabaseName("ix_admin_jobs_running");
        });
        model.Entity<ChartSample>(sample =>
        {
            sample.ToTable("bus_samples");
            sample.HasKey(e => e.At);
            sample.Property(e => e.At).HasColumnName("at");
            sample.Property(e => e.Lag).HasColumnName("lag");
            sample.Property(e => e.Pending).HasColumnName("pending");
            sample.Property(e => e.DeadLetters).HasColumnName("dead_letters");
            sample.Property(e => e.Scheduled).HasColumnName("scheduled");
        });
        model.Entity<DataProtectionKey>(key =>
        {
            key.ToTable("data_protection_keys");
            key.Property(e => e.Id).HasColumnName("id").UseIdentityAlwaysColumn();
            key.Property(e => e.FriendlyName).HasColumnName("friendly_name");
            key.Property(e => e.Xml).HasColumnName("xml");
        });
        return model;
    }
}
