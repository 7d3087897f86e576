namespace TaskPlatform.EventBus;

/// <summary>Selects dead letters; null properties match everything.</summary>
public sealed record DeadLetterFilter
{
    /// <summary>Selects all dead letters.</summary>
    public static DeadLetterFilter All { get; } = new();

    /// <summary>The event type.</summary>
    public string? Type { get; init; }

    /// <summary>The consumer group.</summary>
    public string? Group { get; init; }

    /// <summary>The reason.</summary>
    public string? Reason { get; init; }

    /// <summary>The exception's full type name.</summary>
    public string? Exception { get; init; }

    /// <summary>Dead-lettered at or after this time.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Dead-lettered before this time.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Whether a dead letter is meant.</summary>
    public bool Matches(DeadLetterEntry deadLetter)
        => (Type is null || Type == deadLetter.Type)
            && (Group is null || Group == deadLetter.Group)
            && (Reason is null || Reason == deadLetter.Reason)
            && (Exception is null || Exception == deadLetter.Exception)
            && !(From > deadLetter.FailedAt)
            && !(To <= deadLetter.FailedAt);
}
