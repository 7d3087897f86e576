namespace TaskPlatform.EventBus;

/// <summary>The stream of an event type, as it is named on the wire and in telemetry (a key prefix comes on top).</summary>
internal static class StreamName
{
    private const string Prefix = "events:";

    public static string Of(string eventType) => Prefix + eventType;

    /// <summary>Whether it is the stream of an event type.</summary>
    public static bool IsOf(string stream, string eventType)
        => stream.Length == Prefix.Length + eventType.Length
            && stream.StartsWith(Prefix, StringComparison.Ordinal)
            && stream.EndsWith(eventType, StringComparison.Ordinal);

    /// <summary>The event type of a stream; the name itself where it is none of ours.</summary>
    public static string TypeOf(string stream) => stream.StartsWith(Prefix, StringComparison.Ordinal) ? stream[Prefix.Length..] : stream;
}
