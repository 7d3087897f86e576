namespace TaskPlatform.EventBus;

/// <summary>What one consumer group does about one event type.</summary>
/// <remarks>
/// A handler runs in a DI scope that it may share with the other events of its batch, inside one transaction of the
/// group's inbox. It changes tracked entities (and appends events of its own) and leaves saving to the bus: either
/// all of the batch's effects are committed together with the inbox rows, or none.
/// Throwing means "try again later"; <see cref="PermanentException"/> means "never again".
/// </remarks>
public interface IEventHandler<in TEvent>
    where TEvent : IEvent<TEvent>
{
    /// <summary>Handles one event.</summary>
    /// <param name="data">The payload.</param>
    /// <param name="context">Where the event came from.</param>
    /// <param name="cancellationToken">Fires when the process drains too slowly or the consumer lost its claim on the entry.</param>
    Task HandleAsync(TEvent data, EventContext context, CancellationToken cancellationToken);
}
