using TaskPlatform.EventBus;

namespace TaskPlatform.Notifications.Worker.Handlers;

/// <summary>Notifies all admins of an alert that fired or was resolved.</summary>
internal sealed class NotifyAdminsOfAlert(Notifier notifier) : IEventHandler<AlertChanged>
{
    public Task HandleAsync(AlertChanged data, EventContext context, CancellationToken cancellationToken)
        => notifier.NotifyAdminsAsync(Messages.For(data), null, context, cancellationToken);
}
