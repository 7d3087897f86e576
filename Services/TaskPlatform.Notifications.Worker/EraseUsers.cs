using Microsoft.EntityFrameworkCore;
using TaskPlatform.Notifications.Data;

namespace TaskPlatform.Notifications.Worker;

/// <summary>
/// Makes sure that nothing of a deleted user is left. A transaction that read the user before the deletion was committed may still add a
/// notification after it. So every transaction that runs once the deletion is visible is waited for, and then deleted what they added: a
/// later one sees that the user is deleted. That takes no lock, so no handler waits for another.
/// </summary>
internal sealed partial class EraseUsers(IServiceScopeFactory scopes, TimeProvider time, ILogger<EraseUsers> logger) : BackgroundService
{
    private const int BatchSize = 100;
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan WaitInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>For each user, the transactions that may have read it before it was deleted and still run.</summary>
    private readonly Dictionary<long, HashSet<string>> writers = [];

    /// <summary>One check of every deleted user that is not known to be erased.</summary>
    /// <returns>Whether some of them have to be checked again.</returns>
    public async Task<bool> RunOnceAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<NotificationsDb>();
        var users = await db.Recipients.Where(recipient => recipient.Deleted && recipient.ErasedAt == null)
            .OrderBy(recipient => recipient.Id).Select(recipient => recipient.Id).Take(BatchSize).ToListAsync(cancellationToken);
        foreach (var gone in writers.Keys.Except(users).ToList())
            writers.Remove(gone);
        if (users.Count == 0)
            return false;

        // Only now: whatever begins later sees the deletions that were read above.
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

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var wait = PollInterval;
            try
            {
                if (await RunOnceAsync(stoppingToken))
                    wait = WaitInterval;
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(failure.Message);
            }

            await Task.Delay(wait, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Every transaction of this database, except this one: each holds a lock on its own virtual id until it ends.</summary>
    private static async Task<HashSet<string>> RunningTransactionsAsync(NotificationsDb db, CancellationToken cancellationToken)
        => [.. await db.Database.SqlQuery<string>(
            $"""
             SELECT virtualxid AS "Value"
             FROM pg_locks JOIN pg_stat_activity USING (pid)
             WHERE locktype = 'virtualxid' AND mode = 'ExclusiveLock' AND datname = current_database() AND pid <> pg_backend_pid()
             """).ToListAsync(cancellationToken)];

    [LoggerMessage(LogLevel.Information, "{Count} notifications of deleted users were deleted that other transactions had added meanwhile.")]
    private partial void LogLate(int count);

    [LoggerMessage(LogLevel.Warning, "Whether deleted users are erased can't be checked at the moment; it is tried again: {Reason}")]
    private partial void LogFailed(string reason);
}
