using Microsoft.EntityFrameworkCore;
using TaskPlatform.Contracts;
using TaskPlatform.EventBus;
using TaskPlatform.Notifications.Data;

namespace TaskPlatform.Notifications.Worker.Handlers;

/// <summary>
/// An account was deleted: its owner's notifications are deleted with it. Those that other transactions are writing at this moment
/// can't be seen from here; <see cref="EraseUsers"/> deletes them.
/// </summary>
internal sealed class ForgetUser(NotificationsDb db) : IEventHandler<UserDeleted>
{
    public async Task HandleAsync(UserDeleted data, EventContext context, CancellationToken cancellationToken)
    {
        await db.ForgetAsync(data.UserId, context, cancellationToken);

        // Those of earlier events of the same batch are tracked, though not saved yet.
        foreach (var unsaved in db.ChangeTracker.Entries<Notification>().Where(entry => entry.Entity.UserId == data.UserId).ToList())
            unsaved.State = EntityState.Detached;
        await db.Notifications.Where(notification => notification.UserId == data.UserId).ExecuteDeleteAsync(cancellationToken);
    }
}
