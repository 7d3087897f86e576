namespace TaskPlatform.EventBus;

/// <summary>What one consumer group does about one event type.</summary>
/// <remarks>
/// A handler changes tracked entities (and publishes events of its own) and leaves saving to the bus, which commits the effects
/// together with the event's row in the group's inbox, or not at all. How events share scopes and transactions is chosen with the subscription.
/// Throwing means "try again later"; <see cref="NonRetryableException"/> means "never again".
/// </remarks>
public interface IEventHandler<in TEvent>
    where TEvent : IEvent<TEvent>
{
    /// <summary>Handles one event.</summary>
    /// <param name="data">The payload.</param>
    /// <param name="context">Where the event came from.</param>
    /// <param name="cancellationToken">Fires when the handler has exceeded its time limit, the process drains too slowly, or the consumer
    /// lost its claim on the entry. A handler that ignores it is abandoned.</param>
    Task HandleAsync(TEvent data, EventContext context, CancellationToken cancellationToken);
}
