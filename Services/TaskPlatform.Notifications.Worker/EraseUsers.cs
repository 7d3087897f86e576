using Microsoft.EntityFrameworkCore;
using TaskPlatform.EventBus;
using TaskPlatform.Notifications.Data;

namespace TaskPlatform.Notifications.Worker;

/// <summary>
/// Deletes what remains of deleted users. A transaction that read the user before the deletion was committed may add a notification after it.
/// So this service waits for all transactions that were running when the deletion became visible, and then deletes what they added; later
/// transactions see that the user is deleted. This takes no lock, so handlers don't wait for each other.
/// </summary>
internal sealed partial class EraseUsers(
    IServiceScopeFactory scopes, TimeProvider time, BackgroundLoops loops, ILogger<EraseUsers> logger) : BackgroundService
{
    private const int BatchSize = 100;
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan WaitInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>For each user, the running transactions that may have read the user before the deletion.</summary>
    private readonly Dictionary<long, HashSet<string>> writers = [];

    /// <summary>Checks all deleted users that have not been fully erased yet.</summary>
    /// <returns>Whether another check is needed.</returns>
    public async Task<bool> RunOnceAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<NotificationsDb>();
        var users = await db.Recipients.Where(recipient => recipient.Deleted && recipient.ErasedAt == null)
            .OrderBy(recipient => recipient.Id).Select(recipient => recipient.Id).Take(BatchSize).ToListAsync(cancellationToken);
        foreach (var finished in writers.Keys.Except(users).ToList())
            writers.Remove(finished);
        if (users.Count == 0)
            return false;

        // Query this after the deleted users: transactions that begin later see those deletions.
        var running = await RunningTransactionsAsync(db, cancellationToken);
        foreach (var user in users)
        {
            if (!writers.TryAdd(user, [.. running]))
                writers[user].IntersectWith(running);
        }

        var erased = users.Where(user => writers[user].Count == 0).ToList();
        var late = await db.Notifications.Where(notification => users.Contains(notification.UserId)).ExecuteDeleteAsync(cancellationToken);
        var now = time.GetUtcNow();
        await db.Recipients.Where(recipient => erased.Contains(recipient.Id) && recipient.Deleted)
            .ExecuteUpdateAsync(update => update.SetProperty(recipient => recipient.ErasedAt, now), cancellationToken);
        if (late > 0)
            LogLate(late);
        return erased.Count < users.Count || users.Count == BatchSize;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => loops.RunAsync(
        new("erasing deleted users"), async token => await RunOnceAsync(token) ? WaitInterval : PollInterval, stoppingToken);

    /// <summary>The running transactions of this database, except the current one: each holds a lock on its virtual id until it ends.</summary>
    private static async Task<HashSet<string>> RunningTransactionsAsync(NotificationsDb db, CancellationToken cancellationToken)
        => [.. await db.Database.SqlQuery<string>(
            $"""
             SELECT virtualxid AS "Value"
             FROM pg_locks JOIN pg_stat_activity USING (pid)
             WHERE locktype = 'virtualxid' AND mode = 'ExclusiveLock' AND datname = current_database() AND pid <> pg_backend_pid()
             """).ToListAsync(cancellationToken)];

    [LoggerMessage(LogLevel.Information, "Deleted {Count} notifications that concurrent transactions had added for deleted users")]
    private partial void LogLate(int count);
}
