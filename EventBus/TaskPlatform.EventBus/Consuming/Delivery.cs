using System.Buffers.Text;
using System.Diagnostics;
using System.Text;

namespace TaskPlatform.EventBus;

/// <summary>A stream entry that this process holds for a group, and what has become of it.</summary>
internal sealed class Delivery
{
    /// <summary>The bytes of a header that the bus itself reads; a longer one is cut.</summary>
    private const int MaxTextBytes = 8 * 1024;

    private CancellationTokenSource? handler;

    private Delivery(ReceivedEvent received)
    {
        Position = received.Position;
        Fields = received.Fields;
        EarlierDeliveries = received.PriorDeliveries;
    }

    /// <summary>Where it is.</summary>
    public EventPosition Position { get; }

    /// <summary>The stream, without the key prefix: <c>events:task.created</c>.</summary>
    public string Stream => Position.Channel;

    public string EntryId => Position.Id;

    /// <summary>Every field as it stands in the entry, empty ones included.</summary>
    public IReadOnlyList<EntryField> Fields { get; }

    /// <summary>How often a handler was started on this very entry before: more than 0 when a consumer died or stopped responding.</summary>
    public long EarlierDeliveries { get; }

    public ReadOnlyMemory<byte> Data { get; private set; }

    public Guid EventId { get; private set; }

    public long? AggregateVersion { get; private set; }

    /// <summary>The payload's schema; null where the publisher gave none, and so means the one that the event type has.</summary>
    public long? Schema { get; private set; }

    public int Attempt { get; private set; }

    public string? TargetGroup { get; private set; }

    public string? FirstEntryId { get; private set; }

    public string? FirstFailedAt { get; private set; }

    public string? TraceParent { get; private set; }

    public string? TraceState { get; private set; }

    public string? CorrelationId { get; private set; }

    /// <summary>The event, where the entry could be read.</summary>
    public EventEnvelope? Envelope { get; private set; }

    /// <summary>What is wrong with the entry, where it could not.</summary>
    public UnreadableEventException? Problem { get; private set; }

    /// <summary>Whether the entry, or its payload, could not be read: then its event id may be anything's.</summary>
    public bool IsUnreadable => Problem is not null || Reason == DeadLetterReason.Unreadable;

    /// <summary>The payload, once the group's subscription has read it.</summary>
    public object? Payload { get; set; }

    public Outcome Outcome { get; set; }

    /// <summary>For <see cref="Outcome.DeadLetter"/>: one of <see cref="DeadLetterReason"/>.</summary>
    public string? Reason { get; private set; }

    /// <summary>For <see cref="Outcome.Failed"/>: the delay before the next attempt.</summary>
    public TimeSpan RetryAfter { get; private set; }

    /// <summary>Why it failed.</summary>
    public Exception? Error { get; set; }

    /// <summary>
    /// What a dead letter names as the cause: the innermost exception where its handler failed, or the store refused what it wrote, as those around it
    /// often only pass it on. But what the bus or a handler itself decided stands.
    /// </summary>
    public Exception? Cause => Reason switch
    {
        DeadLetterReason.Exhausted => Error?.GetBaseException(),
        DeadLetterReason.Rejected when Error is not NonRetryableException => Error?.GetBaseException(),
        _ => Error,
    };

    /// <summary>How often it failed in a way that may be the store's fault, after others of its type had been committed.</summary>
    public int TransientFailures { get; set; }

    /// <summary>When that happened first, and how many events of its type had been committed by then.</summary>
    public (long At, long Commits)? FirstTransientFailure { get; set; }

    /// <summary>Why it waits while the others of its batch are handled.</summary>
    public Exception? Postponed { get; set; }

    /// <summary>Whether it has failed in company, and is to be handled alone.</summary>
    public bool RunsAlone { get; set; }

    /// <summary>Whether the group's <see cref="IDeadLetterHandler"/> has had its turn.</summary>
    public bool IsDeadLetterHandled { get; set; }

    /// <summary>How often a handler was started on it, retries included.</summary>
    public long Attempts => Attempt + EarlierDeliveries + (Reason == DeadLetterReason.CrashLoop ? 0 : 1);

    /// <summary>The span of its handler, for what comes after.</summary>
    public ActivityContext? ProcessContext { get; set; }

    /// <summary>Whether the entry was found to belong to somebody else by now.</summary>
    public bool ClaimLost { get; private set; }

    /// <summary>Keeps the events of one aggregate together, its type and id; a foreign publisher's unreadable entry goes by its own id.</summary>
    public (string AggregateType, string AggregateId) OrderingKey => Envelope is { } read ? (read.AggregateType, read.AggregateId) : ("", EntryId);

    public static Delivery Parse(ReceivedEvent received, int maxBytes)
    {
        var delivery = new Delivery(received);
        try
        {
            delivery.ReadFields();
            if (delivery.Data.Length > maxBytes)
                throw new UnreadableEventException($"The field 'data' has {delivery.Data.Length} bytes; {maxBytes} are allowed.");
            delivery.Envelope = EventEnvelope.Read(delivery.Data);
        }
        catch (UnreadableEventException e)
        {
            delivery.Problem = e;
        }

        if (delivery.EventId == Guid.Empty)
            delivery.EventId = DerivedEventId.Of(delivery.Stream, delivery.EntryId);
        return delivery;
    }

    /// <summary>It is to be dead-lettered.</summary>
    /// <param name="reason">One of <see cref="DeadLetterReason"/>.</param>
    /// <param name="error">What the dead letter says.</param>
    public void MarkDeadLettered(string reason, Exception error)
    {
        Outcome = Outcome.DeadLetter;
        Reason = reason;
        Error = error;
    }

    /// <summary>It failed, and is retried if a retry is left; else it is to be dead-lettered.</summary>
    /// <param name="retries">Whether one is left.</param>
    /// <param name="reason">The dead letter's, one of <see cref="DeadLetterReason"/>.</param>
    /// <param name="error">What it failed of.</param>
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
    /// Its dead letter. An event for a group that does not exist is that group's dead letter, so that it becomes one, however many groups read it.
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

    /// <summary>Says what to cancel when the claim is lost while a handler runs; null when none does.</summary>
    public void OnClaimLost(CancellationTokenSource? running)
    {
        lock (Fields)
            handler = running;
    }

    /// <summary>The entry belongs to somebody else now: whatever is done for it here is cancelled.</summary>
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
        // The data first: whatever is wrong with the others, a dead letter shows it.
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

    /// <summary>Null where it is none.</summary>
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

/// <summary>What became of a delivery; everything but the first is to be settled with the transport.</summary>
internal enum Outcome
{
    /// <summary>Not decided: still to be handled.</summary>
    Open,

    /// <summary>Its effects are committed.</summary>
    Handled,

    /// <summary>Its effects were committed before: nothing to do but ack.</summary>
    Skipped,

    /// <summary>It is meant for another group: acked if that group exists, else dead-lettered.</summary>
    ForAnotherGroup,

    /// <summary>The handler failed and has a retry left.</summary>
    Failed,

    /// <summary>It is given up.</summary>
    DeadLetter,
}
