using TaskPlatform.Contracts;
using TaskPlatform.EventBus;
using TaskPlatform.Notifications.Data;

namespace TaskPlatform.Notifications.Worker.Handlers;

/// <summary>Somebody registered: is remembered, and welcomed.</summary>
internal sealed class WelcomeUser(NotificationsDb db, Notifier notifier) : IEventHandler<UserCreated>
{
    public async Task HandleAsync(UserCreated data, EventContext context, CancellationToken cancellationToken)
    {
        await db.RememberAsync(data.UserId, data.FullName, data.Role, context, cancellationToken);
        await notifier.NotifyAsync([data.UserId], Messages.For(data), taskId: null, context, cancellationToken);
    }
}
