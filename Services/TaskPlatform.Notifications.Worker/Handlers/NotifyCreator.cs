using TaskPlatform.Contracts;
using TaskPlatform.EventBus;

namespace TaskPlatform.Notifications.Worker.Handlers;

/// <summary>Notifies the creator of a completed task.</summary>
internal sealed class NotifyCreator(Notifier notifier) : IEventHandler<TaskCompleted>
{
    public Task HandleAsync(TaskCompleted data, EventContext context, CancellationToken cancellationToken)
        => notifier.NotifyAsync(
            data.CreatorId is { } creator ? [creator] : [], Messages.For(data), data.TaskId, context, cancellationToken);
}
