namespace TaskPlatform.EventBus;

/// <summary>Why an event is in the dead letter queue; the names go over the wire.</summary>
public static class DeadLetterReason
{
    /// <summary>It failed on the first delivery and on every retry.</summary>
    public const string Exhausted = "exhausted";

    /// <summary>Its consumers died again and again.</summary>
    public const string CrashLoop = "crash_loop";

    /// <summary>It is not the JSON of an event, its type is not that of its stream, or its payload is not what its type says.</summary>
    public const string Unreadable = "unreadable";

    /// <summary>The group has no handler for its type, though it stands in a stream the group reads.</summary>
    public const string UnknownType = "unknown_type";

    /// <summary>Its payload has a schema that the process neither knows nor can bring up to the one it knows; it was retried first.</summary>
    public const string UnknownSchema = "unknown_schema";

    /// <summary>It is meant for a group that its stream does not have.</summary>
    public const string UnknownGroup = "unknown_group";

    /// <summary>Its handler threw a <see cref="NonRetryableException"/>, or wrote what the store can never hold.</summary>
    public const string Rejected = "rejected";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Exhausted, CrashLoop, Unreadable, UnknownType, UnknownSchema, UnknownGroup, Rejected];
}
