namespace TaskPlatform.EventBus;

/// <summary>An event that a group could not handle. Any program may have written it, so every field may be missing.</summary>
public sealed record DeadLetterEntry
{
    /// <summary>The id of its entry in the dead letter queue.</summary>
    public required string Id { get; init; }

    /// <summary>When it was dead-lettered, by the transport's clock.</summary>
    public required DateTimeOffset FailedAt { get; init; }

    /// <summary>The event's wire name, or that of its stream if the event is unreadable.</summary>
    public string Type { get; init; } = "";

    /// <summary>The stream of the original entry.</summary>
    public string Stream { get; init; } = "";

    /// <summary>The group that failed to handle it.</summary>
    public string Group { get; init; } = "";

    /// <summary>One of <see cref="DeadLetterReason"/>.</summary>
    public string Reason { get; init; } = "";

    /// <summary>The full type name of the innermost exception.</summary>
    public string Exception { get; init; } = "";

    /// <summary>The message of that exception.</summary>
    public string Error { get; init; } = "";

    /// <summary>The event's id, which is the same for all retries.</summary>
    public string EventId { get; init; } = "";

    /// <summary>The number of failed deliveries.</summary>
    public int? Attempts { get; init; }

    /// <summary>The id of the entry that failed last.</summary>
    public string OriginalId { get; init; } = "";

    /// <summary>The id of the first delivery's entry.</summary>
    public string FirstEntryId { get; init; } = "";

    /// <summary>When a handler first failed, as written by the consumer.</summary>
    public string FirstFailedAt { get; init; } = "";

    /// <summary>The consumer that failed last.</summary>
    public string Consumer { get; init; } = "";

    /// <summary>The trace id of the request that created the event; 32 hex digits.</summary>
    public string? TraceId { get; init; }
}

/// <summary>A dead letter with all of its fields.</summary>
/// <param name="Entry">The fields shown in lists.</param>
/// <param name="Data">The event exactly as it was in the stream. Invalid UTF-8 is replaced.</param>
/// <param name="Stack">The exception with its stack trace.</param>
/// <param name="Headers">All other fields.</param>
public sealed record DeadLetterDetails(DeadLetterEntry Entry, string Data, string Stack, IReadOnlyDictionary<string, string> Headers);

/// <summary>A page of dead letters, newest first.</summary>
/// <param name="Items">The dead letters.</param>
/// <param name="Next">The id after which the next page begins; null on the last page.</param>
public sealed record DeadLetterPage(IReadOnlyList<DeadLetterEntry> Items, string? Next);

/// <summary>Dead letters of one kind.</summary>
/// <param name="Type">The event type.</param>
/// <param name="Group">The consumer group.</param>
/// <param name="Exception">The exception's full type name.</param>
/// <param name="Count">The number of dead letters.</param>
/// <param name="Oldest">When the first was dead-lettered.</param>
/// <param name="Newest">When the last was dead-lettered.</param>
/// <param name="LastError">The error of the last one.</param>
public sealed record DeadLetterGroup(
    string Type, string Group, string Exception, long Count, DateTimeOffset Oldest, DateTimeOffset Newest, string LastError);
