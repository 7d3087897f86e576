using Microsoft.EntityFrameworkCore;
using TaskPlatform.Auth.Data;
using TaskPlatform.Notifications.Data;
using TaskPlatform.Tasks.Data;

namespace TaskPlatform.Tests.Services;

/// <summary>The migrations make exactly the tables that the code counts on.</summary>
public sealed class ModelSnapshotTests
{
    [Fact]
    public void The_snapshot_of_Auth_is_its_model() => AssertSame<AuthDb>(options => new AuthDb(options));

    [Fact]
    public void The_snapshot_of_Tasks_is_its_model() => AssertSame<TasksDb>(options => new TasksDb(options));

    [Fact]
    public void The_snapshot_of_Notifications_is_its_model() => AssertSame<NotificationsDb>(options => new NotificationsDb(options));

    private static void AssertSame<TDb>(Func<DbContextOptions<TDb>, TDb> open)
        where TDb : DbContext
    {
        // Nobody connects: the comparison is between two models.
        using var db = open(new DbContextOptionsBuilder<TDb>().UseNpgsql("Host=nowhere").Options);

        Assert.False(db.Database.HasPendingModelChanges());
        Assert.NotEmpty(db.Database.GetMigrations());
    }
}
