namespace TaskPlatform.EventBus;

/// <summary>The name of an event type's stream on the wire and in telemetry, without the key prefix.</summary>
public static class StreamName
{
    private const string Prefix = "events:";

    /// <summary>The stream of an event type: <c>events:task.created</c>.</summary>
    public static string Of(string eventType) => Prefix + eventType;

    /// <summary>Whether it is the stream of an event type.</summary>
    public static bool IsOf(string stream, string eventType)
        => stream.Length == Prefix.Length + eventType.Length
            && stream.StartsWith(Prefix, StringComparison.Ordinal)
            && stream.EndsWith(eventType, StringComparison.Ordinal);

    /// <summary>The event type of a stream; the name itself if it is not a stream of the bus.</summary>
    public static string TypeOf(string stream) => stream.StartsWith(Prefix, StringComparison.Ordinal) ? stream[Prefix.Length..] : stream;
}
