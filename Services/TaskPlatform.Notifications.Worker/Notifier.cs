using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using TaskPlatform.Contracts;
using TaskPlatform.EventBus;
using TaskPlatform.EventBus.Postgres;
using TaskPlatform.Notifications.Data;

namespace TaskPlatform.Notifications.Worker;

/// <summary>Makes notifications, each with its event. The bus saves them together with the inbox row.</summary>
internal sealed class Notifier(NotificationsDb db, TimeProvider time)
{
    /// <summary>How many users an event may have notified. The API allows a tenth of that; another publisher's event may name any number.</summary>
    public const int MaxRecipients = 10_000;

    private const string Channel = "in_app";

    // Taken once: each access to Local has Entity Framework search everything that the context tracks for changes.
    private readonly LocalView<Recipient> known = db.Recipients.Local;

    /// <summary>Tells users something, each once. A user whose account is gone is told nothing; an unknown one may turn up later.</summary>
    /// <exception cref="NonRetryableException">There are more than <see cref="MaxRecipients"/>.</exception>
    public async Task NotifyAsync(
        IEnumerable<long> userIds, string message, long? taskId, EventContext cause, CancellationToken cancellationToken)
    {
        var wanted = userIds.Distinct().ToList();
        if (wanted.Count == 0)
            return;
        if (wanted.Count > MaxRecipients)
            throw new NonRetryableException($"The event would notify {wanted.Count} users; {MaxRecipients} are allowed.");

        // Loaded, then looked at: an earlier event of the same batch may have deleted one, unsaved as yet.
        await db.Recipients.Where(recipient => wanted.Contains(recipient.Id)).LoadAsync(cancellationToken);
        foreach (var userId in wanted.Where(id => known.FindEntry(id)?.Entity.Deleted != true))
            await AddAsync(userId, message, taskId, cause, cancellationToken);
    }

    /// <summary>Tells every admin something.</summary>
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
