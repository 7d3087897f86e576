using TaskPlatform.Contracts;
using TaskPlatform.EventBus;
using TaskPlatform.Notifications.Data;

namespace TaskPlatform.Notifications.Worker.Handlers;

/// <summary>Stores a new user as a recipient and sends a welcome notification.</summary>
internal sealed class WelcomeUser(NotificationsDb db, Notifier notifier) : IEventHandler<UserCreated>
{
    public async Task HandleAsync(UserCreated data, EventContext context, CancellationToken cancellationToken)
    {
        await db.UpdateRecipientAsync(data.UserId, data.FullName, data.Role, context, cancellationToken);
        await notifier.NotifyAsync([data.UserId], Messages.For(data), taskId: null, context, cancellationToken);
    }
}
