using System.Globalization;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.Contracts;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.Notifications.Data;
using TaskPlatform.Notifications.Worker;
using TaskPlatform.Notifications.Worker.Handlers;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Services;

/// <summary>The worker's handlers, several of them in one batch that is saved at its end.</summary>
public sealed class HandlerTests(PostgresServer postgres) : IAsyncLifetime
{
    private NotificationsDb db = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        db = new NotificationsDb(new DbContextOptionsBuilder<NotificationsDb>()
            .UseNpgsql(await postgres.CreateDatabaseAsync())
            .UseEventLog(TaskPlatformEvents.Catalog())
            .Options);
        await db.Database.MigrateAsync(Token);
    }

    public ValueTask DisposeAsync() => db.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_older_event_does_not_overwrite_a_newer_one(bool saveBetween)
    {
        await new UpdateRecipient(db).HandleAsync(new UserUpdated(5, FullName: "New", Role: "admin"), Context("user.updated", 3), Token);
        await SaveAsync(saveBetween);
        await new UpdateRecipient(db).HandleAsync(new UserUpdated(5, FullName: "Old", Role: "user"), Context("user.updated", 2), Token);
        await SaveAsync(saveBetween);
        await new WelcomeUser(db, Notifier()).HandleAsync(new UserCreated(5, FullName: "Oldest"), Context("user.created", 1), Token);
        await SaveAsync();

        var recipient = await db.Recipients.SingleAsync(Token);
        Assert.Equal(("New", "admin", 3), (recipient.FullName, recipient.Role, recipient.Version));
        Assert.Equal(1, await db.Notifications.CountAsync(Token));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_deleted_user_is_not_restored(bool saveBetween)
    {
        await new WelcomeUser(db, Notifier()).HandleAsync(new UserCreated(5, FullName: "Ann"), Context("user.created", 1), Token);
        await SaveAsync(saveBetween);
        await new EraseRecipient(db).HandleAsync(new UserDeleted(5), Context("user.deleted", 2), Token);
        await SaveAsync(saveBetween);
        await new UpdateRecipient(db).HandleAsync(new UserUpdated(5, FullName: "Ann", Role: "admin"), Context("user.updated", 3), Token);
        await new NotifyWorkers(Notifier()).HandleAsync(new TaskCreated(1, "Fix bug", WorkerIds: [5]), Context("task.created", 1), Token);
        await new NotifyAdmins(Notifier()).HandleAsync(new TaskUpdated(1, "Fix bug"), Context("task.updated", 2), Token);
        await SaveAsync();

        var recipient = await db.Recipients.SingleAsync(Token);
        Assert.True(recipient.Deleted);
        Assert.Equal("", recipient.FullName);
        Assert.Empty(await db.Notifications.ToListAsync(Token));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task New_admins_are_notified_and_former_admins_are_not(bool saveBetween)
    {
        await new UpdateRecipient(db).HandleAsync(new UserUpdated(5, Role: "admin"), Context("user.updated", 1), Token);
        await new UpdateRecipient(db).HandleAsync(new UserUpdated(6, Role: "admin"), Context("user.updated", 1), Token);
        await SaveAsync(saveBetween);
        await new UpdateRecipient(db).HandleAsync(new UserUpdated(6, Role: "user"), Context("user.updated", 2), Token);
        await new NotifyAdmins(Notifier()).HandleAsync(new TaskUpdated(1, "Fix bug", Changed: ["due_at"]), Context("task.updated", 2), Token);
        await SaveAsync();

        var notification = await db.Notifications.SingleAsync(Token);
        Assert.Equal((5L, 1L, "The task was changed (due date): Fix bug"), (notification.UserId, notification.TaskId, notification.Message));
    }

    [Fact]
    public async Task Each_worker_is_notified_once_and_each_notification_publishes_its_event()
    {
        await new NotifyWorkers(Notifier()).HandleAsync(new TaskCreated(1, "Fix bug", WorkerIds: [5, 6, 5]), Context("task.created", 1), Token);
        await SaveAsync();

        var sent = await db.Set<EventLogRow>().Where(row => row.Type == NotificationSent.Type).Select(row => row.AggregateId).ToListAsync(Token);
        var created = await db.Notifications.OrderBy(notification => notification.UserId).ToListAsync(Token);
        Assert.Equal([5, 6], created.Select(notification => notification.UserId));
        Assert.Equal(created.Select(notification => notification.Id).Order(), sent.Select(id => long.Parse(id, CultureInfo.InvariantCulture)).Order());
    }

    [Fact]
    public async Task One_event_can_notify_ten_thousand_users()
    {
        const int Many = 10_000;
        await new NotifyWorkers(Notifier()).HandleAsync(
            new TaskCreated(1, "Clean up", WorkerIds: [.. Enumerable.Range(1, Many)]), Context("task.created", 1), Token);
        await SaveAsync();

        Assert.Equal(Many, await db.Notifications.Select(notification => notification.UserId).Distinct().CountAsync(Token));
        Assert.Equal(Many, await db.Set<EventLogRow>().Select(row => row.AggregateId).Distinct().CountAsync(Token));
    }

    [Fact]
    public async Task An_event_for_more_users_is_rejected()
    {
        var rejection = await Assert.ThrowsAsync<NonRetryableException>(() => new NotifyAddedWorkers(Notifier()).HandleAsync(
            new TaskAssigned(1, "Clean up", Added: [.. Enumerable.Range(1, 10_001)]), Context("task.assigned", 1), Token));

        Assert.Equal("The event would notify 10001 users; the maximum is 10000.", rejection.Message);
        Assert.False(db.ChangeTracker.HasChanges());
    }

    private Notifier Notifier() => new(db, TimeProvider.System);

    private async Task SaveAsync(bool really = true)
    {
        if (!really)
            return;

        await db.SaveChangesAsync(Token);
        db.ChangeTracker.Clear();
    }

    private static EventContext Context(string type, long version) => new()
    {
        EventId = Guid.CreateVersion7(),
        Type = type,
        Group = "notifications_service",
        AggregateId = "",
        AggregateVersion = version,
        Timestamp = DateTimeOffset.UnixEpoch,
        EntryId = "1-1",
    };
}
