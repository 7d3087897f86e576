using System.Text;

namespace TaskPlatform.EventBus;

/// <summary>The fields of a stream entry. Only <see cref="Data"/> is required; the others are set by our own publisher.</summary>
internal static class EntryFields
{
    public const string Data = "data";
    public const string EventId = "event_id";
    public const string AggregateVersion = "aggregate_version";
    public const string Schema = "schema";
    public const string TraceParent = "traceparent";
    public const string TraceState = "tracestate";
    public const string CorrelationId = "correlation_id";
    public const string CausationId = "causation_id";

    /// <summary>The number of headers that were dropped because they were too many or too large.</summary>
    public const string HeadersDropped = "headers_dropped";

    /// <summary>The number of retries so far; set by a retry.</summary>
    public const string Attempt = "attempt";

    /// <summary>The only group that handles the entry.</summary>
    public const string TargetGroup = "target_group";

    /// <summary>The id of the first delivery's entry.</summary>
    public const string FirstEntryId = "first_entry_id";

    /// <summary>The replay that added the entry.</summary>
    public const string ReplayId = "replay_id";

    /// <summary>When a handler first failed.</summary>
    public const string FirstFailedAt = "first_failed_at";

    /// <summary>Headers of the event, which are copied to every entry that the bus adds for it.</summary>
    public static readonly string[] OfEvent = [AggregateVersion, Schema, TraceParent, TraceState, CorrelationId, CausationId, ReplayId, HeadersDropped];

    /// <summary>Fields of the entry, which the bus sets for each entry that it adds.</summary>
    public static readonly string[] OfEntry = [Data, EventId, Attempt, TargetGroup, FirstEntryId, FirstFailedAt];

    private static readonly (byte[] Bytes, string Name)[] Known =
        [.. OfEntry.Concat(OfEvent).Select(name => (Encoding.UTF8.GetBytes(name), name))];

    /// <summary>A field's name; known names are not allocated.</summary>
    public static string NameOf(ReadOnlySpan<byte> bytes)
    {
        foreach (var (known, name) in Known)
        {
            if (bytes.SequenceEqual(known))
                return name;
        }

        return Encoding.UTF8.GetString(bytes);
    }
}
