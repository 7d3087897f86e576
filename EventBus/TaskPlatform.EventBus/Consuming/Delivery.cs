namespace TaskPlatform.EventBus;

/// <summary>A stream entry that this process holds for a group, as it was received. What becomes of it is its <see cref="Outcome"/>.</summary>
internal sealed class Delivery
{
    private readonly EntryHeaders headers;

    private Delivery(in ReceivedEvent received, in EntryHeaders headers, EventEnvelope? envelope, UnreadableEventException? problem)
    {
        this.headers = headers;
        Position = received.Position;
        Fields = received.Fields;
        EarlierDeliveries = received.PriorDeliveries;
        EventId = headers.EventId == Guid.Empty ? DerivedEventId.Of(Stream, EntryId) : headers.EventId;
        Envelope = envelope;
        Problem = problem;
    }

    /// <summary>The event's position.</summary>
    public EventPosition Position { get; }

    /// <summary>The stream, without the key prefix: <c>events:task.created</c>.</summary>
    public string Stream => Position.Channel;

    public string EntryId => Position.Id;

    /// <summary>All fields of the entry, including empty ones.</summary>
    public IReadOnlyList<EntryField> Fields { get; }

    /// <summary>The number of times a handler was started on this entry before; greater than 0 if a consumer died or stopped responding.</summary>
    public long EarlierDeliveries { get; }

    /// <summary>The event's id, or one derived from its position if it has none.</summary>
    public Guid EventId { get; }

    /// <summary>The event; null if the entry is unreadable.</summary>
    public EventEnvelope? Envelope { get; }

    /// <summary>Why the entry is unreadable; otherwise null.</summary>
    public UnreadableEventException? Problem { get; }

    public ReadOnlyMemory<byte> Data => headers.Data;

    public long? AggregateVersion => headers.AggregateVersion;

    /// <summary>The payload's schema; null means the event type's current one.</summary>
    public long? Schema => headers.Schema;

    /// <summary>The number of retries so far.</summary>
    public int Attempt => headers.Attempt;

    public string? TargetGroup => headers.TargetGroup;

    public string? FirstEntryId => headers.FirstEntryId;

    public string? FirstFailedAt => headers.FirstFailedAt;

    /// <summary>Whether the group is to skip the event: an operator decided so.</summary>
    public bool IsSkip => headers.IsSkip && TargetGroup is not null;

    public string? TraceParent => headers.TraceParent;

    public string? TraceState => headers.TraceState;

    public string? CorrelationId => headers.CorrelationId;

    /// <summary>The aggregate, within which events keep their order; for an unreadable entry, its own id.</summary>
    public (string AggregateType, string AggregateId) OrderingKey => Envelope is { } read ? (read.AggregateType, read.AggregateId) : ("", EntryId);

    public static Delivery Parse(in ReceivedEvent received, int maxBytes)
    {
        var headers = EntryHeaders.Read(received.Fields, out var problem);
        EventEnvelope? envelope = null;
        if (problem is null)
        {
            try
            {
                if (headers.Data.Length > maxBytes)
                    throw new UnreadableEventException($"The field 'data' has {headers.Data.Length} bytes; {maxBytes} are allowed.");
                envelope = EventEnvelope.Read(headers.Data);
            }
            catch (UnreadableEventException e)
            {
                problem = e;
            }
        }

        return new Delivery(received, headers, envelope, problem);
    }

    /// <summary>Reads everything but the event itself.</summary>
    public static Delivery ParseHeaders(in ReceivedEvent received)
    {
        var headers = EntryHeaders.Read(received.Fields, out var problem);
        return new Delivery(received, headers, envelope: null, problem);
    }
}
