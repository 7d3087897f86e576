using TaskPlatform.Contracts;
using TaskPlatform.EventBus;
using TaskPlatform.Notifications.Data;

namespace TaskPlatform.Notifications.Worker.Handlers;

/// <summary>Updates the recipient, whose role may have changed.</summary>
internal sealed class UpdateRecipient(NotificationsDb db) : IEventHandler<UserUpdated>
{
    public Task HandleAsync(UserUpdated data, EventContext context, CancellationToken cancellationToken)
        => db.UpdateRecipientAsync(data.UserId, data.FullName, data.Role, context, cancellationToken);
}
