using System.Text;

namespace TaskPlatform.EventBus;

/// <summary>The fields of an event's entry. Only <see cref="Data"/> is required; the others are headers.</summary>
public static class EntryFields
{
    /// <summary>The event itself.</summary>
    public const string Data = "data";

    /// <summary>The event's id; where it is missing, it is derived from the entry's position.</summary>
    public const string EventId = "event_id";

    /// <summary>The aggregate's version after the change.</summary>
    public const string AggregateVersion = "aggregate_version";

    /// <summary>The payload's schema.</summary>
    public const string Schema = "schema";

    /// <summary>W3C trace context.</summary>
    public const string TraceParent = "traceparent";

    /// <summary>Vendor part of the trace context.</summary>
    public const string TraceState = "tracestate";

    /// <summary>Shared by all events of one request.</summary>
    public const string CorrelationId = "correlation_id";

    /// <summary>The event whose handler published this one.</summary>
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

    /// <summary>Present on an entry that an operator added to have its group skip the event.</summary>
    public const string Skip = "skip";

    /// <summary>Headers of the event, which are copied to every entry that the bus adds for it.</summary>
    public static IReadOnlyList<string> OfEvent { get; } = [AggregateVersion, Schema, TraceParent, TraceState, CorrelationId, CausationId, ReplayId, HeadersDropped];

    /// <summary>Fields of the entry, which the bus sets for each entry that it adds.</summary>
    public static IReadOnlyList<string> OfEntry { get; } = [Data, EventId, Attempt, TargetGroup, FirstEntryId, FirstFailedAt, Skip];

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
