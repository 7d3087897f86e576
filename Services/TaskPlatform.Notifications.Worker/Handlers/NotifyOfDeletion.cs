using TaskPlatform.Contracts;
using TaskPlatform.EventBus;

namespace TaskPlatform.Notifications.Worker.Handlers;

/// <summary>Notifies the workers of a deleted task.</summary>
internal sealed class NotifyOfDeletion(Notifier notifier) : IEventHandler<TaskDeleted>
{
    public Task HandleAsync(TaskDeleted data, EventContext context, CancellationToken cancellationToken)
        => notifier.NotifyAsync(data.WorkerIds, Messages.For(data), data.TaskId, context, cancellationToken);
}
