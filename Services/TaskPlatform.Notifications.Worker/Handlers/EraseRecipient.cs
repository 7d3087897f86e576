using Microsoft.EntityFrameworkCore;
using TaskPlatform.Contracts;
using TaskPlatform.EventBus;
using TaskPlatform.Notifications.Data;

namespace TaskPlatform.Notifications.Worker.Handlers;

/// <summary>
/// Deletes the notifications of a deleted account. Notifications that concurrent transactions are adding aren't visible here;
/// <see cref="EraseUsers"/> deletes them later.
/// </summary>
internal sealed class EraseRecipient(NotificationsDb db) : IEventHandler<UserDeleted>
{
    public async Task HandleAsync(UserDeleted data, EventContext context, CancellationToken cancellationToken)
    {
        await db.EraseRecipientAsync(data.UserId, context, cancellationToken);

        // Notifications from earlier events of the same batch are tracked but not saved yet.
        foreach (var unsaved in db.ChangeTracker.Entries<Notification>().Where(entry => entry.Entity.UserId == data.UserId).ToList())
            unsaved.State = EntityState.Detached;
        await db.Notifications.Where(notification => notification.UserId == data.UserId).ExecuteDeleteAsync(cancellationToken);
    }
}
