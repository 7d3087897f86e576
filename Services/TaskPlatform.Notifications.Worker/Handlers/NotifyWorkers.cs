using TaskPlatform.Contracts;
using TaskPlatform.EventBus;

namespace TaskPlatform.Notifications.Worker.Handlers;

/// <summary>Notifies the workers of a new task.</summary>
internal sealed class NotifyWorkers(Notifier notifier) : IEventHandler<TaskCreated>
{
    public Task HandleAsync(TaskCreated data, EventContext context, CancellationToken cancellationToken)
        => notifier.NotifyAsync(data.WorkerIds, Messages.For(data), data.TaskId, context, cancellationToken);
}
