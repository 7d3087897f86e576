using TaskPlatform.Contracts;
using TaskPlatform.EventBus;

namespace TaskPlatform.Notifications.Worker.Handlers;

/// <summary>Notifies all admins of a changed task.</summary>
internal sealed class NotifyAdmins(Notifier notifier) : IEventHandler<TaskUpdated>
{
    public Task HandleAsync(TaskUpdated data, EventContext context, CancellationToken cancellationToken)
        => notifier.NotifyAdminsAsync(Messages.For(data), data.TaskId, context, cancellationToken);
}
