using TaskPlatform.EventBus;

namespace TaskPlatform.Notifications.Worker.Handlers;

/// <summary>The platform itself needs somebody to look at it, or no longer does: every admin is told.</summary>
internal sealed class NotifyAdminsOfAlert(Notifier notifier) : IEventHandler<AlertChanged>
{
    public Task HandleAsync(AlertChanged data, EventContext context, CancellationToken cancellationToken)
        => notifier.NotifyAdminsAsync(Messages.For(data), null, context, cancellationToken);
}
