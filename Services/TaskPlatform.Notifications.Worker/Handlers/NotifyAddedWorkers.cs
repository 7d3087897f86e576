using TaskPlatform.Contracts;
using TaskPlatform.EventBus;

namespace TaskPlatform.Notifications.Worker.Handlers;

/// <summary>Notifies the workers that were added to a task.</summary>
internal sealed class NotifyAddedWorkers(Notifier notifier) : IEventHandler<TaskAssigned>
{
    public Task HandleAsync(TaskAssigned data, EventContext context, CancellationToken cancellationToken)
        => notifier.NotifyAsync(data.Added, Messages.For(data), data.TaskId, context, cancellationToken);
}
