using Microsoft.EntityFrameworkCore;

namespace TaskPlatform.EventBus.Postgres;

/// <summary>Appends alerts to the service's log, like any other event.</summary>
internal sealed class AlertPublisher<TDb>(TDb db, TimeProvider clock) : IAlertLog
    where TDb : DbContext
{
    public Task AppendAsync(AlertChanged alert, CancellationToken cancellationToken)
    {
        // Two processes may append one change, around a crash or a takeover: one id, and the inbox handles it once.
        var change = FormattableString.Invariant($"{alert.Rule} {alert.Subject} {alert.StartsAt:O} {alert.EndsAt:O}");
        db.Publish(alert, DerivedEventId.Of(StreamName.Of(AlertChanged.Type), change), clock.GetUtcNow());
        return db.SaveChangesAsync(cancellationToken);
    }
}
