using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using TaskPlatform.Contracts;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.Notifications.Data;

namespace TaskPlatform.Notifications.Worker;

/// <summary>Creates notifications and their events. The bus saves them together with the inbox row.</summary>
internal sealed class Notifier(NotificationsDb db, TimeProvider time)
{
    /// <summary>The maximum number of users that an event may notify. The API allows a tenth of that; other publishers may name any number.</summary>
    public const int MaxRecipients = 10_000;

    private const string Channel = "in_app";

    // Cached, because each access to Local makes Entity Framework detect changes in all tracked entities.
    private readonly LocalView<Recipient> known = db.Recipients.Local;

    /// <summary>Notifies users, each once. Deleted users are skipped; unknown ones are not, because their user.created may still arrive.</summary>
    /// <exception cref="NonRetryableException">There are more than <see cref="MaxRecipients"/>.</exception>
    public async Task NotifyAsync(
        IEnumerable<long> userIds, string message, long? taskId, EventContext cause, CancellationToken cancellationToken)
    {
        var recipients = userIds.Distinct().ToList();
        if (recipients.Count == 0)
            return;
        if (recipients.Count > MaxRecipients)
            throw new NonRetryableException($"The event would notify {recipients.Count} users; the maximum is {MaxRecipients}.");

        // Load first and check the tracked entities, because an earlier event of the same batch may have deleted a user without saving it yet.
        await db.Recipients.Where(recipient => recipients.Contains(recipient.Id)).LoadAsync(cancellationToken);
        foreach (var userId in recipients.Where(id => known.FindEntry(id)?.Entity.Deleted != true))
            await AddAsync(userId, message, taskId, cause, cancellationToken);
    }

    /// <summary>Notifies all admins.</summary>
    public async Task NotifyAdminsAsync(string message, long? taskId, EventContext cause, CancellationToken cancellationToken)
    {
        await db.Recipients.Where(recipient => recipient.Role == Recipient.AdminRole).LoadAsync(cancellationToken);
        var admins = known.Where(recipient => recipient is { Role: Recipient.AdminRole, Deleted: false }).Select(recipient => recipient.Id).ToList();
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
