namespace TaskPlatform.EventBus;

/// <summary>What is to become of a received event.</summary>
/// <param name="Position">The event.</param>
/// <param name="Kind">What to do.</param>
/// <param name="TargetGroup">The only group that the event is meant for; null where it is for all.</param>
public readonly record struct Settlement(EventPosition Position, SettlementKind Kind, string? TargetGroup)
{
    /// <summary>For <see cref="SettlementKind.Retry"/>: the delay before the next attempt.</summary>
    public TimeSpan RetryAfter { get; init; }

    /// <summary>For <see cref="SettlementKind.DeadLetter"/>: the dead letter.</summary>
    public DeadLetterRecord? DeadLetter { get; init; }
}

/// <summary>What can become of a received event.</summary>
public enum SettlementKind
{
    /// <summary>The group is done with it.</summary>
    Complete,

    /// <summary>It is meant for another group. Where the channel does not have that group, nothing happens and the result says so.</summary>
    Decline,

    /// <summary>It is delivered again after a delay, to this group only, with one more attempt counted.</summary>
    Retry,

    /// <summary>It is moved to the dead letter queue.</summary>
    DeadLetter,
}

/// <summary>How a settlement ended.</summary>
/// <param name="Status">Whether it was done, or why not.</param>
/// <param name="Error">For <see cref="SettleStatus.Refused"/> and <see cref="SettleStatus.Unavailable"/>: what the transport reported.</param>
public readonly record struct SettleResult(SettleStatus Status, Exception? Error = null);

/// <summary>How a settlement can end.</summary>
public enum SettleStatus
{
    /// <summary>It was done.</summary>
    Settled,

    /// <summary>Another consumer owns the event by now, or it was settled before; nothing was done.</summary>
    NotOwned,

    /// <summary>The group that the event is meant for does not exist; nothing was done.</summary>
    UnknownGroup,

    /// <summary>The transport refused it, for instance because a key has the wrong type. It may be repaired later.</summary>
    Refused,

    /// <summary>The transport can't be reached, or can't accept writes for now.</summary>
    Unavailable,
}

/// <summary>What a dead letter contains.</summary>
/// <param name="Group">The group that it belongs to.</param>
/// <param name="Reason">One of <see cref="DeadLetterReason"/>.</param>
/// <param name="EventId">The event.</param>
/// <param name="IsUnreadable">Whether the event could not be read; its event id may then be that of another event.</param>
/// <param name="Type">The event's type; empty where it could not be read.</param>
/// <param name="Data">The event's data, byte by byte as received.</param>
/// <param name="Fields">All fields as received.</param>
/// <param name="Attempts">How often a handler was started on it.</param>
/// <param name="FirstEntryId">The id of the first delivery's entry.</param>
/// <param name="FirstFailedAt">When a handler first failed on it, ISO 8601; null where that is now.</param>
/// <param name="Error">The cause.</param>
/// <param name="ExceptionType">The type of the cause; empty where there is none.</param>
/// <param name="Stack">The exception with its stack; empty where there is none.</param>
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
