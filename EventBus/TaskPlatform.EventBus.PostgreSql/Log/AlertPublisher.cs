using Microsoft.EntityFrameworkCore;

namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>Publishes alerts through the service's event log, like any other event.</summary>
internal sealed class AlertPublisher<TDb>(TDb db, TimeProvider clock) : IAlertLog
    where TDb : DbContext
{
    public Task AppendAsync(AlertChanged alert, CancellationToken cancellationToken)
    {
        // After a crash or a takeover, two processes may append the same change. They use the same id, so that the inbox deduplicates it.
        var change = FormattableString.Invariant($"{alert.Rule} {alert.Subject} {alert.StartsAt:O} {alert.EndsAt:O}");
        db.Publish(alert, DerivedEventId.Of(StreamName.Of(AlertChanged.Type), change), clock.GetUtcNow());
        return db.SaveChangesAsync(cancellationToken);
    }
}
