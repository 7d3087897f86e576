namespace TaskPlatform.EventBus;

/// <summary>An event that a group gave up on. Anybody may have written it, so every field may be missing.</summary>
public sealed record DeadLetterEntry
{
    /// <summary>The id of its entry in the dead letter queue.</summary>
    public required string Id { get; init; }

    /// <summary>When it came into the queue, by Redis's clock.</summary>
    public required DateTimeOffset FailedAt { get; init; }

    /// <summary>The event's wire name, or that of its stream where the event could not be read.</summary>
    public string Type { get; init; } = "";

    /// <summary>The stream it came from.</summary>
    public string Stream { get; init; } = "";

    /// <summary>The group that gave up.</summary>
    public string Group { get; init; } = "";

    /// <summary>Why; one of <see cref="DeadLetterReason"/>.</summary>
    public string Reason { get; init; } = "";

    /// <summary>The full type name of the cause: of the innermost exception.</summary>
    public string Exception { get; init; } = "";

    /// <summary>The cause's message.</summary>
    public string Error { get; init; } = "";

    /// <summary>The event, through all its retries.</summary>
    public string EventId { get; init; } = "";

    /// <summary>Deliveries that failed.</summary>
    public int? Attempts { get; init; }

    /// <summary>The entry that failed last.</summary>
    public string OriginalId { get; init; } = "";

    /// <summary>The entry of the first delivery.</summary>
    public string FirstEntryId { get; init; } = "";

    /// <summary>When a handler first failed on it, as the consumer wrote it.</summary>
    public string FirstFailedAt { get; init; } = "";

    /// <summary>The consumer that failed last.</summary>
    public string Consumer { get; init; } = "";

    /// <summary>The trace of the request that created the event; 32 hex digits.</summary>
    public string? TraceId { get; init; }
}

/// <summary>A dead letter with all that is in it.</summary>
/// <param name="Entry">What a list shows of it.</param>
/// <param name="Data">The event as it was in the stream, to the letter. What is no UTF-8 is replaced.</param>
/// <param name="Stack">Where it failed.</param>
/// <param name="Headers">Every other field of the entry.</param>
public sealed record DeadLetterDetails(DeadLetterEntry Entry, string Data, string Stack, IReadOnlyDictionary<string, string> Headers);

/// <summary>A page of dead letters, the newest first.</summary>
/// <param name="Items">The dead letters.</param>
/// <param name="Next">The id after which the next page begins; null at the end.</param>
public sealed record DeadLetterPage(IReadOnlyList<DeadLetterEntry> Items, string? Next);

/// <summary>Dead letters of one kind.</summary>
/// <param name="Type">The event type.</param>
/// <param name="Group">The consumer group.</param>
/// <param name="Exception">The exception's full type name.</param>
/// <param name="Count">How many.</param>
/// <param name="Oldest">When the first came.</param>
/// <param name="Newest">When the last came.</param>
/// <param name="LastError">What the last one says.</param>
public sealed record DeadLetterGroup(
    string Type, string Group, string Exception, long Count, DateTimeOffset Oldest, DateTimeOffset Newest, string LastError);
