using System.Text;

namespace TaskPlatform.EventBus;

/// <summary>The fields of a stream entry. Only <see cref="Data"/> is needed; the rest is what our own publisher knows more.</summary>
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

    /// <summary>How many headers did not travel on with the event, because they were too many or too large.</summary>
    public const string HeadersDropped = "headers_dropped";

    /// <summary>Retries so far; set by a retry.</summary>
    public const string Attempt = "attempt";

    /// <summary>The only group that a retry is meant for.</summary>
    public const string TargetGroup = "target_group";

    /// <summary>The entry that the first delivery came from.</summary>
    public const string FirstEntryId = "first_entry_id";

    /// <summary>The replay that the entry was added by.</summary>
    public const string ReplayId = "replay_id";

    /// <summary>When a handler first failed on it.</summary>
    public const string FirstFailedAt = "first_failed_at";

    /// <summary>The headers that an event keeps for good: whatever the bus adds an entry for, they are in it.</summary>
    public static readonly string[] OfEvent = [AggregateVersion, Schema, TraceParent, TraceState, CorrelationId, CausationId, ReplayId, HeadersDropped];

    /// <summary>The fields that the bus sets anew with each entry it adds.</summary>
    public static readonly string[] OfEntry = [Data, EventId, Attempt, TargetGroup, FirstEntryId, FirstFailedAt];

    private static readonly (byte[] Bytes, string Name)[] Known =
        [.. OfEntry.Concat(OfEvent).Select(name => (Encoding.UTF8.GetBytes(name), name))];

    /// <summary>A field's name; one that is known costs no new string.</summary>
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
