namespace TaskPlatform.EventBus;

/// <summary>Carries events from their publishers to the consumer groups. What not every transport can do is declared by <see cref="Capabilities"/>.</summary>
public interface IEventTransport
{
    /// <summary>The value of OpenTelemetry's attribute <c>messaging.system</c>, for example <c>redis</c>.</summary>
    string System { get; }

    /// <summary>What the transport can do besides publishing and receiving. Default: nothing.</summary>
    TransportCapabilities Capabilities => TransportCapabilities.None;

    /// <summary>Why the transport does not work at the moment, for the health check; null where nothing is known to be wrong.</summary>
    string? Problem { get; }

    /// <summary>
    /// Adds events to the channels of the current topology, in order. If an event is not added, no later event is added to the same channel. An event for which no
    /// reply was received may have been added.
    /// </summary>
    /// <returns>The result for each event, in the order of <paramref name="events"/>.</returns>
    Task<IReadOnlyList<PublishResult>> PublishAsync(IReadOnlyList<OutgoingEvent> events, CancellationToken cancellationToken);

    /// <summary>Creates this process's consumer of a group. It connects when it first receives or balances.</summary>
    /// <param name="group">The group.</param>
    /// <param name="handling">Begins and ends the handling of channels, where the group's <see cref="ConsumerGroup.Ordering"/> is strict.</param>
    IReceiver CreateReceiver(ConsumerGroup group, IChannelHandling handling);
}

/// <summary>The result of publishing an event.</summary>
/// <param name="EntryId">The id of its entry; null if none was added.</param>
/// <param name="Error">Why no entry was added.</param>
/// <param name="Refused">Whether the transport rejected the event. If false, the transport was unavailable.</param>
public readonly record struct PublishResult(string? EntryId, Exception? Error = null, bool Refused = false);
