namespace TaskPlatform.EventBus;

/// <summary>
/// The only way to publish: an event appended here is saved by the caller's own <c>SaveChanges</c>, in the same
/// transaction as the change it tells of, and goes to its stream after the commit.
/// </summary>
public interface IEventLog
{
    /// <summary>Appends an event to the caller's unit of work. Nothing is written until that is saved.</summary>
    /// <param name="data">The payload.</param>
    /// <param name="aggregateVersion">The version of the aggregate after the change, where it has one.</param>
    /// <param name="happenedAt">The time of the change, where the state keeps it too and both must agree. Default now.</param>
    /// <exception cref="InvalidOperationException">The event type is not in the catalog.</exception>
    void Append<TEvent>(TEvent data, long? aggregateVersion = null, DateTimeOffset? happenedAt = null)
        where TEvent : IEvent<TEvent>;
}
