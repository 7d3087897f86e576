namespace TaskPlatform.EventBus;

/// <summary>Runs around the handlers of a group, or around one of them.</summary>
/// <remarks>
/// It is resolved from the handler's DI scope, and runs within the handler's transaction and time limit: what it changes is committed with the
/// handler's effects or not at all, and what it throws is a failure of the handler. Those of the group run around those of the handler, each in the
/// order in which they were added.
/// </remarks>
public interface IEventMiddleware
{
    /// <summary>Handles an event by calling <paramref name="next"/>, once. If it does not, the handler is skipped, and the event counts as handled.</summary>
    /// <param name="context">The event's metadata.</param>
    /// <param name="data">The payload.</param>
    /// <param name="next">The next middleware, or the handler.</param>
    /// <param name="cancellationToken">The handler's token.</param>
    Task InvokeAsync(EventContext context, object data, EventHandlerDelegate next, CancellationToken cancellationToken);
}

/// <summary>Calls the next middleware of a handler, or the handler.</summary>
/// <param name="cancellationToken">The token to pass on.</param>
public delegate Task EventHandlerDelegate(CancellationToken cancellationToken);
