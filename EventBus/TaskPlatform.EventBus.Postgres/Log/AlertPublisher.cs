using Microsoft.EntityFrameworkCore;

namespace TaskPlatform.EventBus.Postgres;

/// <summary>Puts an alert into the service's log, like any other event.</summary>
internal sealed class AlertPublisher<TDb>(TDb db, IEventLog events) : IAlertSink
    where TDb : DbContext
{
    public Task TellAsync(AlertChanged alert, CancellationToken cancellationToken)
    {
        events.Append(alert);
        return db.SaveChangesAsync(cancellationToken);
    }
}
