using Microsoft.EntityFrameworkCore;
using TaskPlatform.EventBus.PostgreSql.Saving;

namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>Records the causing event in the context through which the scope's handlers publish.</summary>
internal sealed class CauseRecorder<TDb>(TDb db) : ICauseRecorder
    where TDb : DbContext
{
    public void Record(Guid eventId, string? correlationId) => BusContext.Of(db).Cause = (eventId, correlationId);
}
