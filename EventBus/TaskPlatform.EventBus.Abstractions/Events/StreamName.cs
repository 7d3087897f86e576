namespace TaskPlatform.EventBus;

/// <summary>
/// The name of a channel on the wire and in telemetry, without the key prefix. It is <c>events:</c> and the channel's short name: an event type, or an
/// aggregate type and a partition.
/// </summary>
public static class StreamName
{
    private const string Prefix = "events:";

    /// <summary>The channel of a short name: <c>events:task.created</c>; <c>events:{task:3}</c>, whose keys are in one slot of a Redis Cluster.</summary>
    public static string Of(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return IsPartition(name) ? $"{Prefix}{{{name}}}" : Prefix + name;
    }

    /// <summary>Whether it is the channel of an event type.</summary>
    public static bool IsOf(string stream, string eventType)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(eventType);
        return stream.Length == Prefix.Length + eventType.Length
            && stream.StartsWith(Prefix, StringComparison.Ordinal)
            && stream.EndsWith(eventType, StringComparison.Ordinal);
    }

    /// <summary>The short name of a channel; the name itself if it is not a channel of the bus.</summary>
    public static string TypeOf(string stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.StartsWith(Prefix, StringComparison.Ordinal))
            return stream;
        return stream.Length > Prefix.Length && stream[Prefix.Length] == '{' && stream[^1] == '}' ? stream[(Prefix.Length + 1)..^1] : stream[Prefix.Length..];
    }

    /// <summary>Whether a short name is that of a partition, not an event type.</summary>
    public static bool IsPartition(string name) => name.Contains(':', StringComparison.Ordinal);

    /// <summary>The aggregate type of a partition: <c>task</c> for <c>task:3</c> and for <c>task.v2:3</c>.</summary>
    public static string AggregateTypeOf(string partition)
    {
        ArgumentNullException.ThrowIfNull(partition);
        return partition[..partition.IndexOfAny(['.', ':'])];
    }
}
