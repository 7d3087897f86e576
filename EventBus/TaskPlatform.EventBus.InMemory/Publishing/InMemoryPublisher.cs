namespace TaskPlatform.EventBus.InMemory;

/// <summary>
/// Publishes events to the broker, for services without a database. A scoped service. In a handler of a group with
/// <see cref="EventBusInMemoryExtensions.UseInMemoryInbox"/>, events are published when the handler has succeeded, together with its inbox row; elsewhere at once.
/// </summary>
public sealed class InMemoryPublisher : ICauseRecorder
{
    private readonly EventCatalog catalog;
    private readonly EventSender sender;
    private readonly TimeProvider clock;
    private List<OutgoingEvent>? held;
    private (Guid EventId, string? CorrelationId)? cause;

    internal InMemoryPublisher(EventCatalog catalog, EventSender sender, TimeProvider clock)
        => (this.catalog, this.sender, this.clock) = (catalog, sender, clock);

    /// <summary>Publishes an event.</summary>
    /// <param name="data">The payload.</param>
    /// <param name="aggregateVersion">The version of the aggregate after the change, where it has one.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="InvalidOperationException">The event type is not in the catalog, or its stream accepts no more entries.</exception>
    public async Task PublishAsync<TEvent>(TEvent data, long? aggregateVersion = null, CancellationToken cancellationToken = default)
        where TEvent : IEvent<TEvent>
    {
        var outgoing = OutgoingEvent.Create(catalog, data, clock.GetUtcNow(), aggregateVersion, cause, sender.Transport.System);
        if (held is not null)
            held.Add(outgoing);
        else if ((await sender.SendAsync([outgoing], cancellationToken))[0].Error is { } error)
            throw new InvalidOperationException($"'{TEvent.Type}' was not published: {error.Message}", error);
    }

    void ICauseRecorder.Record(Guid eventId, string? correlationId) => cause = (eventId, correlationId);

    /// <summary>From now on events wait until they are taken.</summary>
    internal void Hold() => held ??= [];

    /// <summary>Returns the events that wait, once.</summary>
    internal IReadOnlyList<OutgoingEvent> Take()
    {
        IReadOnlyList<OutgoingEvent> taken = held is null ? [] : [.. held];
        held?.Clear();
        return taken;
    }
}
