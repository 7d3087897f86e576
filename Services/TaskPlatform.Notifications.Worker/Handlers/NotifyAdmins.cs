using TaskPlatform.Contracts;
using TaskPlatform.EventBus;

namespace TaskPlatform.Notifications.Worker.Handlers;

/// <summary>A task changed: every admin is told.</summary>
internal sealed class NotifyAdmins(Notifier notifier) : IEventHandler<TaskUpdated>
{
    public Task HandleAsync(TaskUpdated data, EventContext context, CancellationToken cancellationToken)
        => notifier.NotifyAdminsAsync(Messages.For(data), data.TaskId, context, cancellationToken);
}
