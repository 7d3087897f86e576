using System.Buffers.Text;
using System.Diagnostics;
using System.Text;

namespace TaskPlatform.EventBus;

/// <summary>A stream entry that this process holds for a group, and its outcome.</summary>
internal sealed class Delivery
{
    /// <summary>The maximum size of a header that the bus itself reads; longer ones are truncated.</summary>
    private const int MaxTextBytes = 8 * 1024;

    private CancellationTokenSource? handler;

    private Delivery(ReceivedEvent received)
    {
        Position = received.Position;
        Fields = received.Fields;
        EarlierDeliveries = received.PriorDeliveries;
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

    public ReadOnlyMemory<byte> Data { get; private set; }

    public Guid EventId { get; private set; }

    public long? AggregateVersion { get; private set; }

    /// <summary>The payload's schema; null means the event type's current one.</summary>
    public long? Schema { get; private set; }

    public int Attempt { get; private set; }

    public string? TargetGroup { get; private set; }

    public string? FirstEntryId { get; private set; }

    public string? FirstFailedAt { get; private set; }

    public string? TraceParent { get; private set; }

    public string? TraceState { get; private set; }

    public string? CorrelationId { get; private set; }

    /// <summary>The event; null if the entry is unreadable.</summary>
    public EventEnvelope? Envelope { get; private set; }

    /// <summary>Why the entry is unreadable; otherwise null.</summary>
    public UnreadableEventException? Problem { get; private set; }

    /// <summary>Whether the entry or its payload is unreadable; its event id may then belong to another event.</summary>
    public bool IsUnreadable => Problem is not null || Reason == DeadLetterReason.Unreadable;

    /// <summary>The payload, once the group's subscription has deserialized it.</summary>
    public object? Payload { get; set; }

    public Outcome Outcome { get; set; }

    /// <summary>For <see cref="Outcome.DeadLetter"/>: one of <see cref="DeadLetterReason"/>.</summary>
    public string? Reason { get; private set; }

    /// <summary>For <see cref="Outcome.Failed"/>: the delay before the next attempt.</summary>
    public TimeSpan RetryAfter { get; private set; }

    /// <summary>The failure.</summary>
    public Exception? Error { get; set; }

    /// <summary>
    /// The cause reported in a dead letter. If the handler failed, or the store rejected what it wrote, this is the innermost exception, because the
    /// outer ones often only wrap it. If the bus or the handler itself made the decision, this is the exception itself.
    /// </summary>
    public Exception? Cause => Reason switch
    {
        DeadLetterReason.Exhausted => Error?.GetBaseException(),
        DeadLetterReason.Rejected when Error is not NonRetryableException => Error?.GetBaseException(),
        _ => Error,
    };

    /// <summary>The number of failures that may be the store's, after other events of its type had been committed.</summary>
    public int TransientFailures { get; set; }

    /// <summary>When the first such failure occurred, and how many events of its type had been committed by then.</summary>
    public (long At, long Commits)? FirstTransientFailure { get; set; }

    /// <summary>The failure because of which it is postponed until the other events of its batch are handled.</summary>
    public Exception? Postponed { get; set; }

    /// <summary>Whether it failed in a shared transaction and has to be handled alone.</summary>
    public bool RunsAlone { get; set; }

    /// <summary>Whether the group's <see cref="IDeadLetterHandler"/> has run.</summary>
    public bool IsDeadLetterHandled { get; set; }

    /// <summary>The number of times a handler was started on it, including retries.</summary>
    public long Attempts => Attempt + EarlierDeliveries + (Reason == DeadLetterReason.CrashLoop ? 0 : 1);

    /// <summary>The context of its handler's span, the parent of later spans.</summary>
    public ActivityContext? ProcessContext { get; set; }

    /// <summary>Whether another consumer owns the entry now.</summary>
    public bool ClaimLost { get; private set; }

    /// <summary>The aggregate, within which events keep their order; for an unreadable entry, its own id.</summary>
    public (string AggregateType, string AggregateId) OrderingKey => Envelope is { } read ? (read.AggregateType, read.AggregateId) : ("", EntryId);

    public static Delivery Parse(ReceivedEvent received, int maxBytes)
    {
        var delivery = ParseHeaders(received);
        if (delivery.Problem is not null)
            return delivery;
        try
        {
            if (delivery.Data.Length > maxBytes)
                throw new UnreadableEventException($"The field 'data' has {delivery.Data.Length} bytes; {maxBytes} are allowed.");
            delivery.Envelope = EventEnvelope.Read(delivery.Data);
        }
        catch (UnreadableEventException e)
        {
            delivery.Problem = e;
        }

        return delivery;
    }

    /// <summary>Reads everything but the event itself.</summary>
    public static Delivery ParseHeaders(ReceivedEvent received)
    {
        var delivery = new Delivery(received);
        try
        {
            delivery.ReadFields();
        }
        catch (UnreadableEventException e)
        {
            delivery.Problem = e;
        }

        if (delivery.EventId == Guid.Empty)
            delivery.EventId = DerivedEventId.Of(delivery.Stream, delivery.EntryId);
        return delivery;
    }

    /// <summary>Decides that it is dead-lettered.</summary>
    /// <param name="reason">One of <see cref="DeadLetterReason"/>.</param>
    /// <param name="error">The error reported in the dead letter.</param>
    public void MarkDeadLettered(string reason, Exception error)
    {
        Outcome = Outcome.DeadLetter;
        Reason = reason;
        Error = error;
    }

    /// <summary>Decides that it failed: it is retried if it has a retry left, otherwise dead-lettered.</summary>
    /// <param name="retries">The retry policy.</param>
    /// <param name="reason">The reason for the dead letter, one of <see cref="DeadLetterReason"/>.</param>
    /// <param name="error">The failure.</param>
    public void Fail(RetryPolicy retries, string reason, Exception error)
    {
        Error = error;
        if (!retries.AllowsRetryAfter(Attempt))
        {
            MarkDeadLettered(reason, error);
            return;
        }

        Outcome = Outcome.Failed;
        RetryAfter = retries.DelayBefore(Attempt + 1);
    }

    /// <summary>
    /// Its dead letter. An event for a group that does not exist is a dead letter of that group, so that there is only one, whichever groups read it.
    /// </summary>
    public DeadLetterRecord ToDeadLetter(string group) => new(
        Reason == DeadLetterReason.UnknownGroup ? TargetGroup! : group,
        Reason ?? DeadLetterReason.Exhausted,
        EventId,
        IsUnreadable,
        Envelope?.Type ?? "",
        Data,
        Fields,
        Attempts,
        FirstEntryId ?? EntryId,
        FirstFailedAt,
        Cause?.Message ?? "",
        Cause?.GetType().FullName ?? "",
        Error?.ToString() ?? "");

    /// <summary>Sets what to cancel if the claim is lost while a handler runs; null if none runs.</summary>
    public void OnClaimLost(CancellationTokenSource? running)
    {
        lock (Fields)
            handler = running;
    }

    /// <summary>Records that another consumer owns the entry, and cancels its handler.</summary>
    public void LoseClaim()
    {
        lock (Fields)
        {
            ClaimLost = true;
            handler?.Cancel();
        }
    }

    private void ReadFields()
    {
        // Data is read first, so that the dead letter contains it even if other fields are invalid.
        var hasData = false;
        foreach (var (name, value) in Fields)
        {
            if (name == EntryFields.Data)
            {
                Data = value;
                hasData = true;
            }
        }

        if (!hasData)
            throw new UnreadableEventException("The entry has no field 'data'.");

        foreach (var (name, value) in Fields)
        {
            if (value.IsEmpty)
                continue; // An empty header counts as absent.
            switch (name)
            {
                case EntryFields.EventId: EventId = ReadGuid(value.Span); break;
                case EntryFields.AggregateVersion: AggregateVersion = ReadNumber(name, value.Span); break;
                case EntryFields.Schema: Schema = ReadNumber(name, value.Span); break;
                case EntryFields.Attempt: Attempt = (int)Math.Clamp(ReadNumber(name, value.Span), 0, int.MaxValue); break;
                case EntryFields.TargetGroup: TargetGroup = ReadText(value.Span); break;
                case EntryFields.FirstEntryId: FirstEntryId = ReadEntryId(value.Span); break;
                case EntryFields.FirstFailedAt: FirstFailedAt = ReadText(value.Span); break;
                case EntryFields.TraceParent: TraceParent = ReadText(value.Span); break;
                case EntryFields.TraceState: TraceState = ReadText(value.Span); break;
                case EntryFields.CorrelationId: CorrelationId = ReadText(value.Span); break;
            }
        }
    }

    private static string ReadText(ReadOnlySpan<byte> value)
        => value.Length <= MaxTextBytes ? Encoding.UTF8.GetString(value) : Encoding.UTF8.GetString(value[..MaxTextBytes]) + "…";

    /// <summary>Null if it is not an entry id.</summary>
    private static string? ReadEntryId(ReadOnlySpan<byte> value)
        => ReadText(value) is var text && TaskPlatform.EventBus.EntryId.TryParse(text, out _) ? text : null;

    private static Guid ReadGuid(ReadOnlySpan<byte> value)
        => Utf8Parser.TryParse(value, out Guid id, out var consumed) && consumed == value.Length && id != Guid.Empty
            ? id
            : throw new UnreadableEventException($"The field '{EntryFields.EventId}' is not a UUID.");

    private static long ReadNumber(string name, ReadOnlySpan<byte> value)
        => Utf8Parser.TryParse(value, out long number, out var consumed) && consumed == value.Length
            ? number
            : throw new UnreadableEventException($"The field '{name}' is not a whole number.");
}

/// <summary>The outcome of a delivery. All values except for <see cref="Open"/> have to be settled with the transport.</summary>
internal enum Outcome
{
    /// <summary>Undecided: still to be handled.</summary>
    Open,

    /// <summary>Its effects are committed.</summary>
    Handled,

    /// <summary>Its effects had been committed before; it only has to be acked.</summary>
    Skipped,

    /// <summary>It targets another group: acked if that group exists, otherwise dead-lettered.</summary>
    ForAnotherGroup,

    /// <summary>The handler failed and has a retry left.</summary>
    Failed,

    /// <summary>It is dead-lettered.</summary>
    DeadLetter,
}
