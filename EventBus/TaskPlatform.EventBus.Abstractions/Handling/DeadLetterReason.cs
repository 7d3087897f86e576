namespace TaskPlatform.EventBus;

/// <summary>The reasons for dead-lettering an event, as used on the wire.</summary>
public static class DeadLetterReason
{
    /// <summary>The first delivery and all retries failed.</summary>
    public const string Exhausted = "exhausted";

    /// <summary>Its consumers crashed repeatedly.</summary>
    public const string CrashLoop = "crash_loop";

    /// <summary>It is not the JSON of an event, its type is not that of its stream, or its payload does not match its type.</summary>
    public const string Unreadable = "unreadable";

    /// <summary>The group has no handler for its type, although it is in a stream that the group reads.</summary>
    public const string UnknownType = "unknown_type";

    /// <summary>The process neither knows the payload's schema nor can upcast it, even after the retries.</summary>
    public const string UnknownSchema = "unknown_schema";

    /// <summary>Its target group does not exist on the stream.</summary>
    public const string UnknownGroup = "unknown_group";

    /// <summary>Its handler threw a <see cref="NonRetryableException"/>, or wrote a value that the store can never accept.</summary>
    public const string Rejected = "rejected";

    /// <summary>All reasons.</summary>
    public static IReadOnlyList<string> All { get; } = [Exhausted, CrashLoop, Unreadable, UnknownType, UnknownSchema, UnknownGroup, Rejected];
}
