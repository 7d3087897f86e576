namespace TaskPlatform.EventBus;

/// <summary>How to settle a received event.</summary>
/// <param name="Position">The event's position.</param>
/// <param name="Kind">The kind of settlement.</param>
/// <param name="TargetGroup">The only group that the event targets; null if it is for all groups.</param>
public readonly record struct Settlement(EventPosition Position, SettlementKind Kind, string? TargetGroup)
{
    /// <summary>For <see cref="SettlementKind.Retry"/>: the delay before the next attempt.</summary>
    public TimeSpan RetryAfter { get; init; }

    /// <summary>For <see cref="SettlementKind.DeadLetter"/>: the dead letter.</summary>
    public DeadLetterRecord? DeadLetter { get; init; }
}

/// <summary>The kinds of settlement.</summary>
public enum SettlementKind
{
    /// <summary>Ack the event, which the group has finished.</summary>
    Complete,

    /// <summary>Ack an event that targets another group. If that group does not exist on the channel, nothing is changed.</summary>
    Decline,

    /// <summary>Deliver it again after a delay, to this group only, with the attempt incremented.</summary>
    Retry,

    /// <summary>Move it to the dead letter queue.</summary>
    DeadLetter,
}

/// <summary>The result of a settlement.</summary>
/// <param name="Status">The status.</param>
/// <param name="Error">For <see cref="SettleStatus.Refused"/> and <see cref="SettleStatus.Unavailable"/>: the transport's error.</param>
public readonly record struct SettleResult(SettleStatus Status, Exception? Error = null);

/// <summary>The possible results of a settlement.</summary>
public enum SettleStatus
{
    /// <summary>The event was settled.</summary>
    Settled,

    /// <summary>Another consumer owns the event now, or it was settled before; nothing was changed.</summary>
    NotOwned,

    /// <summary>The event's target group does not exist; nothing was changed.</summary>
    UnknownGroup,

    /// <summary>The transport rejected it, for example because a key has the wrong type. A later attempt may succeed.</summary>
    Refused,

    /// <summary>The transport is unreachable or temporarily refuses writes.</summary>
    Unavailable,
}

/// <summary>The content of a dead letter.</summary>
/// <param name="Group">The group that failed to handle the event.</param>
/// <param name="Reason">One of <see cref="DeadLetterReason"/>.</param>
/// <param name="EventId">The event's id.</param>
/// <param name="IsUnreadable">Whether the event is unreadable; its event id may then belong to another event.</param>
/// <param name="Type">The event's type; empty if it is unreadable.</param>
/// <param name="Data">The event's data, byte for byte as received.</param>
/// <param name="Fields">All fields as received.</param>
/// <param name="Attempts">The number of times a handler was started on it.</param>
/// <param name="FirstEntryId">The id of the first delivery's entry.</param>
/// <param name="FirstFailedAt">When a handler first failed, ISO 8601; null if this is the first failure.</param>
/// <param name="Error">The error message.</param>
/// <param name="ExceptionType">The type of the exception; empty if there is none.</param>
/// <param name="Stack">The exception with its stack trace; empty if there is none.</param>
public sealed record DeadLetterRecord(
    string Group,
    string Reason,
    Guid EventId,
    bool IsUnreadable,
    string Type,
    ReadOnlyMemory<byte> Data,
    IReadOnlyList<EntryField> Fields,
    long Attempts,
    string FirstEntryId,
    string? FirstFailedAt,
    string Error,
    string ExceptionType,
    string Stack);
