using Microsoft.EntityFrameworkCore;
using TaskPlatform.Contracts;
using TaskPlatform.EventBus;
using TaskPlatform.Notifications.Data;

namespace TaskPlatform.Notifications.Worker.Handlers;

/// <summary>An account is gone: so is everything that its owner was told.</summary>
internal sealed class ForgetUser(NotificationsDb db) : IEventHandler<UserDeleted>
{
    public async Task HandleAsync(UserDeleted data, EventContext context, CancellationToken cancellationToken)
    {
        await db.ForgetAsync(data.UserId, context, cancellationToken);

        // Those of earlier events of the same batch are tracked, though not saved yet.
        await db.Notifications.Where(notification => notification.UserId == data.UserId).LoadAsync(cancellationToken);
        db.Notifications.RemoveRange(db.Notifications.Local.Where(notification => notification.UserId == data.UserId).ToList());
    }
}
