namespace TaskPlatform.EventBus;

/// <summary>
/// The handling of a group's events in this process, by channel. A transport that gives each channel to one process of the group at a time calls it
/// when that process changes. The methods may be called from any thread.
/// </summary>
public interface IChannelHandling
{
    /// <summary>This process owns the channel from now on: its events are handled as soon as they are received.</summary>
    void Begin(string channel);

    /// <summary>
    /// Ends the handling of a channel's events, so that another process can own it. No further handler is started; events that are received later are
    /// dropped. Waits for the handlers that are running, up to <see cref="EventBusOptions.DrainTimeout"/>, after which they are cancelled.
    /// </summary>
    /// <param name="channel">The channel.</param>
    /// <param name="cancellationToken">Cancels the wait, and the handlers.</param>
    /// <returns>The events that were received and not handled, in the order in which they were received. No handler is running on them.</returns>
    Task<IReadOnlyList<EventPosition>> EndAsync(string channel, CancellationToken cancellationToken);

    /// <summary>
    /// Another process owns the channel: cancels the handlers of its events, and drops those that are waiting. Completes when no handler is running on them, so that
    /// the channel can be owned again.
    /// </summary>
    Task AbortAsync(string channel);
}
