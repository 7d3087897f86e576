namespace TaskPlatform.EventBus.Testing;

/// <summary>Contexts for tests that call a handler directly, without the bus.</summary>
public static class TestEventContext
{
    /// <summary>The context of a first delivery, with a new event id.</summary>
    /// <param name="data">The event.</param>
    /// <param name="group">The consumer group. Default <c>test</c>.</param>
    /// <param name="attempt">The number of retries so far. Default 0.</param>
    /// <param name="aggregateVersion">The aggregate's version, where it has one.</param>
    /// <param name="clock">Tells when the event occurred. Default the system's time.</param>
    public static EventContext For<TEvent>(TEvent data, string group = "test", int attempt = 0, long? aggregateVersion = null, TimeProvider? clock = null)
        where TEvent : IEvent<TEvent>
    {
        ArgumentNullException.ThrowIfNull(data);
        return new EventContext
        {
            EventId = Guid.CreateVersion7(),
            Type = TEvent.Type,
            Group = group,
            AggregateId = data.AggregateId,
            AggregateVersion = aggregateVersion,
            Timestamp = (clock ?? TimeProvider.System).GetUtcNow(),
            EntryId = "1-0",
            Attempt = attempt,
            CorrelationId = Guid.CreateVersion7().ToString(),
        };
    }
}
