namespace TaskPlatform.EventBus;

/// <summary>An event as a transport delivers it, unread.</summary>
/// <param name="Position">Where it is.</param>
/// <param name="Fields">Its data and headers, empty and unknown ones included.</param>
/// <param name="PriorDeliveries">How often a handler was started on it before, by any consumer; 0 for a new one.</param>
public readonly record struct ReceivedEvent(EventPosition Position, IReadOnlyList<EntryField> Fields, long PriorDeliveries);

/// <summary>The place of an event in the transport. Only the transport knows what the parts mean.</summary>
/// <param name="Channel">The stream or topic that the event is in, as telemetry names it: <c>events:task.created</c>.</param>
/// <param name="Id">The event's id within the channel.</param>
public readonly record struct EventPosition(string Channel, string Id);

/// <summary>A header of an event, or its data: a name and bytes.</summary>
public readonly record struct EntryField(string Name, ReadOnlyMemory<byte> Value);
