using Microsoft.EntityFrameworkCore;
using TaskPlatform.Auth.Data;
using TaskPlatform.Notifications.Data;
using TaskPlatform.Tasks.Data;

namespace TaskPlatform.Tests.Services;

/// <summary>The migrations create exactly the schema that the code expects.</summary>
public sealed class ModelSnapshotTests
{
    [Fact]
    public void Auth_has_no_pending_model_changes()
    {
        using var db = Open<AuthDb>(options => new AuthDb(options));
        Assert.False(db.Database.HasPendingModelChanges());
    }

    [Fact]
    public void Tasks_has_no_pending_model_changes()
    {
        using var db = Open<TasksDb>(options => new TasksDb(options));
        Assert.False(db.Database.HasPendingModelChanges());
    }

    [Fact]
    public void Notifications_has_no_pending_model_changes()
    {
        using var db = Open<NotificationsDb>(options => new NotificationsDb(options));
        Assert.False(db.Database.HasPendingModelChanges());
    }

    [Fact]
    public void No_two_migrations_share_a_timestamp()
    {
        using var auth = Open<AuthDb>(options => new AuthDb(options));
        using var tasks = Open<TasksDb>(options => new TasksDb(options));
        using var notifications = Open<NotificationsDb>(options => new NotificationsDb(options));
        DbContext[] services = [auth, tasks, notifications];

        Assert.All(services, service => Assert.NotEmpty(service.Database.GetMigrations()));
        var timestamps = services.SelectMany(service => service.Database.GetMigrations()).Select(id => id[..id.IndexOf('_', StringComparison.Ordinal)]);
        Assert.Distinct(timestamps);
    }

    // Only models are compared, so no connection is opened.
    private static TDb Open<TDb>(Func<DbContextOptions<TDb>, TDb> create)
        where TDb : DbContext
        => create(new DbContextOptionsBuilder<TDb>().UseNpgsql("Host=unused").Options);
}
