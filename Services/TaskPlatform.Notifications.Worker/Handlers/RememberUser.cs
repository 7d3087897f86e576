using TaskPlatform.Contracts;
using TaskPlatform.EventBus;
using TaskPlatform.Notifications.Data;

namespace TaskPlatform.Notifications.Worker.Handlers;

/// <summary>A user changed: maybe into an admin, or no longer one.</summary>
internal sealed class RememberUser(NotificationsDb db) : IEventHandler<UserUpdated>
{
    public Task HandleAsync(UserUpdated data, EventContext context, CancellationToken cancellationToken)
        => db.RememberAsync(data.UserId, data.FullName, data.Role, context, cancellationToken);
}
