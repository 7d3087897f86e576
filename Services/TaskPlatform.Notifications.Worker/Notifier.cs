using Microsoft.EntityFrameworkCore;
using TaskPlatform.Contracts;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.Postgres;
using TaskPlatform.Notifications.Data;

namespace TaskPlatform.Notifications.Worker;

/// <summary>Makes notifications, each with its event. The bus saves them together with the inbox row.</summary>
internal sealed class Notifier(NotificationsDb db, TimeProvider time)
{
    private const string Channel = "in_app";

    /// <summary>Tells users something, each once. A user whose account is gone is told nothing; an unknown one may turn up later.</summary>
    public async Task TellAsync(
        IEnumerable<long> userIds, string message, long? taskId, EventContext cause, CancellationToken cancellationToken)
    {
        var wanted = userIds.Distinct().ToList();
        if (wanted.Count == 0)
            return;

        // Loaded, then looked at: an earlier event of the same batch may have deleted one, unsaved as yet.
        await db.Readers.Where(reader => wanted.Contains(reader.Id)).LoadAsync(cancellationToken);
        foreach (var userId in wanted.Where(id => db.Readers.Local.FindEntry(id)?.Entity.Deleted != true))
            await AddAsync(userId, message, taskId, cause, cancellationToken);
    }

    /// <summary>Tells every admin something.</summary>
    public async Task TellAdminsAsync(string message, long? taskId, EventContext cause, CancellationToken cancellationToken)
    {
        await db.Readers.Where(reader => reader.Role == Reader.AdminRole).LoadAsync(cancellationToken);
        var admins = db.Readers.Local.Where(reader => reader is { Role: Reader.AdminRole, Deleted: false }).Select(reader => reader.Id).ToList();
        foreach (var userId in admins)
            await AddAsync(userId, message, taskId, cause, cancellationToken);
    }

    private async Task AddAsync(long userId, string message, long? taskId, EventContext cause, CancellationToken cancellationToken)
    {
        var notification = new Notification
        {
            UserId = userId,
            Type = cause.Type,
            TaskId = taskId,
            Message = message,
            CauseEventId = cause.EventId,
            CreatedAt = time.GetUtcNow(),
        };
        await db.Notifications.AddAsync(notification, cancellationToken);
        db.Publish(new NotificationSent(notification.Id, userId, taskId, Channel, cause.EventId));
    }
}
