namespace TaskPlatform.EventBus;

/// <summary>An event as delivered by a transport, not parsed yet.</summary>
/// <param name="Position">The event's position.</param>
/// <param name="Fields">Its data and headers, including empty and unknown ones.</param>
/// <param name="PriorDeliveries">The number of times that any consumer started a handler on it before; 0 for a new event.</param>
public readonly record struct ReceivedEvent(EventPosition Position, IReadOnlyList<EntryField> Fields, long PriorDeliveries);

/// <summary>The position of an event in the transport. Only the transport interprets its parts.</summary>
/// <param name="Channel">The event's stream or topic, as named in telemetry: <c>events:task.created</c>.</param>
/// <param name="Id">The event's id within the channel.</param>
public readonly record struct EventPosition(string Channel, string Id);

/// <summary>A named field of an event: a header, or its data.</summary>
public readonly record struct EntryField(string Name, ReadOnlyMemory<byte> Value);
