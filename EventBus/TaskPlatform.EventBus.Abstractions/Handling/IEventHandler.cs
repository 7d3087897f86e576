namespace TaskPlatform.EventBus;

/// <summary>Handles one event type in one consumer group.</summary>
/// <remarks>
/// A handler changes tracked entities (and may publish events); the bus saves and commits the effects together with the event's row in the
/// group's inbox, or not at all. How events share scopes and transactions is configured when the handler is added.
/// An exception means that the event is retried; a <see cref="NonRetryableException"/> means that it is not.
/// </remarks>
public interface IEventHandler<in TEvent>
    where TEvent : IEvent<TEvent>
{
    /// <summary>Handles one event.</summary>
    /// <param name="data">The payload.</param>
    /// <param name="context">The event's metadata.</param>
    /// <param name="cancellationToken">Cancelled when the handler exceeds its time limit, the process does not drain in time, or the consumer
    /// lost its claim on the entry. A handler that ignores it is abandoned.</param>
    Task HandleAsync(TEvent data, EventContext context, CancellationToken cancellationToken);
}
