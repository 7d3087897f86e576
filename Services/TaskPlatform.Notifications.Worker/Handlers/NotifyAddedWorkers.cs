using TaskPlatform.Contracts;
using TaskPlatform.EventBus;

namespace TaskPlatform.Notifications.Worker.Handlers;

/// <summary>A task changed hands: who is new to it is told.</summary>
internal sealed class NotifyAddedWorkers(Notifier notifier) : IEventHandler<TaskAssigned>
{
    public Task HandleAsync(TaskAssigned data, EventContext context, CancellationToken cancellationToken)
        => notifier.NotifyAsync(data.Added, Messages.For(data), data.TaskId, context, cancellationToken);
}
