using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using TaskPlatform.Contracts;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.Notifications.Data;
using TaskPlatform.Notifications.Worker;
using TaskPlatform.Notifications.Worker.Handlers;
using TaskPlatform.Tests.EventBus;
using TaskPlatform.Tests.Servers;

namespace TaskPlatform.Tests.Services;

/// <summary>No data of a deleted user remains, whichever of two concurrent transactions commits first: the one that erases, or the one that writes.</summary>
public sealed class ErasureTests(PostgresServer postgres) : IAsyncLifetime
{
    private const long Ann = 5;
    private const long Bob = 6;

    private ServiceProvider services = null!;
    private EraseUsers eraseUsers = null!;
    private NotificationsDb writing = null!;
    private NotificationsDb erasing = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Every handler that notifies a user; here it notifies Ann, who is an admin.</summary>
    public static TheoryData<string> Writers => [nameof(NotifyWorkers), nameof(NotifyAddedWorkers), nameof(NotifyOfDeletion), nameof(NotifyCreator), nameof(NotifyAdmins), nameof(NotifyAdminsOfAlert), nameof(WelcomeUser)];

    public async ValueTask InitializeAsync()
    {
        var database = await postgres.CreateDatabaseAsync();
        services = new ServiceCollection().AddDbContext<NotificationsDb>(options => options.UseNpgsql(database).UseEventLog(TaskPlatformEvents.Catalog()), ServiceLifetime.Transient).BuildServiceProvider();
        eraseUsers = new EraseUsers(
            services.GetRequiredService<IServiceScopeFactory>(), TimeProvider.System,
            new BackgroundLoops(new BusHealth(), TimeProvider.System, NullLogger<BackgroundLoops>.Instance), NullLogger<EraseUsers>.Instance);
        writing = Open();
        erasing = Open();
        await writing.Database.MigrateAsync(Token);
        writing.Recipients.AddRange(
            new Recipient { Id = Ann, FullName = "Ann", Role = Recipient.AdminRole, Version = 1 },
            new Recipient { Id = Bob, FullName = "Bob", Role = "user", Version = 1 });
        await writing.SaveChangesAsync(Token);
        writing.ChangeTracker.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        eraseUsers.Dispose();
        await services.DisposeAsync();
    }

    [Fact]
    public void The_test_data_contains_every_handler_that_notifies_users()
    {
        var handlers = typeof(Notifier).Assembly.GetTypes()
            .Where(type => type.GetConstructors().Any(constructor => constructor.GetParameters().Any(parameter => parameter.ParameterType == typeof(Notifier))));

        Assert.Equal(handlers.Select(handler => handler.Name).Order(), Writers.Select(row => row.Data).Order());
    }

    [Theory]
    [MemberData(nameof(Writers))]
    public async Task A_notification_begun_before_the_deletion_and_committed_after_it_is_erased(string writer)
    {
        await using var write = await writing.Database.BeginTransactionAsync(Token);
        await WriteAsync(writer);
        await writing.SaveChangesAsync(Token);

        await EraseAsync();
        Assert.True(await eraseUsers.RunOnceAsync(Token));
        Assert.Null(await ErasedAtAsync(Ann));

        await write.CommitAsync(Token);
        await AssertErasedAsync();
    }

    [Theory]
    [MemberData(nameof(Writers))]
    public async Task A_notification_begun_before_the_commit_of_the_deletion_is_erased(string writer)
    {
        await using var erase = await erasing.Database.BeginTransactionAsync(Token);
        await DeleteUserAsync();

        await using var write = await writing.Database.BeginTransactionAsync(Token);
        await WriteAsync(writer);
        await erase.CommitAsync(Token);
        Assert.True(await eraseUsers.RunOnceAsync(Token));
        await writing.SaveChangesAsync(Token);
        await write.CommitAsync(Token);

        await AssertErasedAsync();
    }

    [Theory]
    [MemberData(nameof(Writers))]
    public async Task A_notification_begun_after_the_deletion_is_not_written(string writer)
    {
        await EraseAsync();

        await WriteAsync(writer);
        await writing.SaveChangesAsync(Token);

        Assert.Equal(0, await CountAsync(Ann));
        await AssertErasedAsync();
    }

    [Fact]
    public async Task The_eraser_does_not_wait_for_transactions_that_began_after_the_deletion()
    {
        await using var write = await writing.Database.BeginTransactionAsync(Token);
        await writing.Recipients.CountAsync(Token);
        await EraseAsync();
        Assert.True(await eraseUsers.RunOnceAsync(Token));

        await using var later = Open();
        await using var running = await later.Database.BeginTransactionAsync(Token);
        await later.Recipients.CountAsync(Token);
        await write.RollbackAsync(Token);

        Assert.False(await eraseUsers.RunOnceAsync(Token));
        Assert.NotNull(await ErasedAtAsync(Ann));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(null)]
    public async Task A_concurrent_update_does_not_restore_the_name_of_a_deleted_user(int? version)
    {
        await using var write = await writing.Database.BeginTransactionAsync(Token);
        await new UpdateRecipient(writing).HandleAsync(new UserUpdated(Ann, FullName: "Anne"), Context("user.updated", version), Token);

        await new EraseRecipient(erasing).HandleAsync(new UserDeleted(Ann), Context("user.deleted", version + 1), Token);
        await erasing.SaveChangesAsync(Token);

        await Assert.ThrowsAsync<DbUpdateConcurrencyException>(() => writing.SaveChangesAsync(Token));
        await using var db = Open();
        Assert.Equal("", (await db.Recipients.SingleAsync(recipient => recipient.Id == Ann, Token)).FullName);
    }

    [Fact]
    public async Task A_repeated_deletion_is_checked_again()
    {
        await EraseAsync();
        await AssertErasedAsync();

        await EraseAsync();

        Assert.Null(await ErasedAtAsync(Ann));
        await AssertErasedAsync();
    }

    private NotificationsDb Open() => services.GetRequiredService<NotificationsDb>();

    private async Task EraseAsync()
    {
        await using var transaction = await erasing.Database.BeginTransactionAsync(Token);
        await DeleteUserAsync();
        await transaction.CommitAsync(Token);
    }

    private async Task DeleteUserAsync()
    {
        erasing.ChangeTracker.Clear();
        await new EraseRecipient(erasing).HandleAsync(new UserDeleted(Ann), Context("user.deleted", 9), Token);
        await erasing.SaveChangesAsync(Token);
    }

    private Task WriteAsync(string writer)
    {
        var notifier = new Notifier(writing, TimeProvider.System);
        return writer switch
        {
            nameof(NotifyWorkers) => new NotifyWorkers(notifier).HandleAsync(new TaskCreated(1, WorkerIds: [Ann, Bob]), Context("task.created"), Token),
            nameof(NotifyAddedWorkers) => new NotifyAddedWorkers(notifier).HandleAsync(new TaskAssigned(1, Added: [Bob, Ann]), Context("task.assigned"), Token),
            nameof(NotifyOfDeletion) => new NotifyOfDeletion(notifier).HandleAsync(new TaskDeleted(1, WorkerIds: [Ann]), Context("task.deleted"), Token),
            nameof(NotifyCreator) => new NotifyCreator(notifier).HandleAsync(new TaskCompleted(1, CreatorId: Ann), Context("task.completed"), Token),
            nameof(NotifyAdmins) => new NotifyAdmins(notifier).HandleAsync(new TaskUpdated(1), Context("task.updated"), Token),
            nameof(NotifyAdminsOfAlert) => new NotifyAdminsOfAlert(notifier).HandleAsync(
                new AlertChanged("lag_age", "", "Late", DateTimeOffset.UnixEpoch, null), Context("alert.changed"), Token),
            nameof(WelcomeUser) => new WelcomeUser(writing, notifier).HandleAsync(new UserCreated(Ann), Context("user.created", 1), Token),
            _ => throw new ArgumentOutOfRangeException(nameof(writer), writer, null),
        };
    }

    private async Task AssertErasedAsync()
    {
        await BusView.Until(() => eraseUsers.RunOnceAsync(Token), again => !again);
        Assert.NotNull(await ErasedAtAsync(Ann));
        Assert.Null(await ErasedAtAsync(Bob));
        Assert.Equal(0, await CountAsync(Ann));
    }

    private async Task<int> CountAsync(long user)
    {
        await using var db = Open();
        return await db.Notifications.CountAsync(notification => notification.UserId == user, Token);
    }

    private async Task<DateTimeOffset?> ErasedAtAsync(long user)
    {
        await using var db = Open();
        return (await db.Recipients.SingleAsync(recipient => recipient.Id == user, Token)).ErasedAt;
    }

    private static EventContext Context(string type, long? version = 2) => new()
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
