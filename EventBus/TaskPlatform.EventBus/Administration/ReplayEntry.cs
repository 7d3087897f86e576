using System.Text;

namespace TaskPlatform.EventBus;

/// <summary>The entries that a transport adds for a replay.</summary>
public static class ReplayEntry
{
    /// <summary>A copy of an entry for the replay's group; null if the entry targets one group, as retries and other copies do.</summary>
    /// <param name="replay">The replay.</param>
    /// <param name="entryId">The entry.</param>
    /// <param name="fields">Its fields.</param>
    public static IReadOnlyList<EntryField>? CopyOf(Replay replay, string entryId, IReadOnlyList<EntryField> fields)
    {
        ArgumentNullException.ThrowIfNull(replay);
        if (ValueOf(fields, EntryFields.TargetGroup) is not null || ValueOf(fields, EntryFields.ReplayId) is not null)
            return null;

        var eventId = Guid.TryParse(ValueOf(fields, EntryFields.EventId), out var known)
            ? known
            : DerivedEventId.Of(StreamName.Of(replay.Type), entryId);
        return
        [
            .. fields.Where(field => field.Name == EntryFields.Data).TakeLast(1),
            .. ForwardedHeaders.Of(fields),
            .. TargetOf(replay, eventId),
            Text(EntryFields.FirstEntryId, entryId),
        ];
    }

    /// <summary>An event of a service's log for the replay's group.</summary>
    public static IReadOnlyList<EntryField> Of(Replay replay, in OutgoingEvent outgoing)
    {
        ArgumentNullException.ThrowIfNull(replay);
        return [.. outgoing.ToFields().Where(field => field.Name != EntryFields.EventId), .. TargetOf(replay, outgoing.EventId)];
    }

    /// <summary>
    /// The last requested entry id that may be missing from the stream; null if an earlier entry exists. A stream that has all of its entries
    /// proves nothing, because it may have been recreated, for example on an emptied server. Only the log has the earlier events.
    /// </summary>
    /// <param name="replay">The replay.</param>
    /// <param name="first">The id of the stream's first entry; null or empty if it has none.</param>
    public static string? GapBefore(Replay replay, string? first)
    {
        ArgumentNullException.ThrowIfNull(replay);
        var (after, upTo) = (EntryId.Parse(replay.After), EntryId.Parse(replay.UpTo));
        if (after >= upTo)
            return null;
        if (!EntryId.TryParse(first, out var start))
            return upTo.ToString();

        var lost = start.Previous();
        return lost <= after ? null : (lost < upTo ? lost : upTo).ToString();
    }

    private static IEnumerable<EntryField> TargetOf(Replay replay, Guid eventId)
    {
        var id = replay.ReapplyEffects ? DerivedEventId.Of(replay.ReplayId, eventId.ToString()) : eventId;
        return [Text(EntryFields.EventId, id.ToString()), Text(EntryFields.TargetGroup, replay.Group), Text(EntryFields.ReplayId, replay.ReplayId)];
    }

    /// <summary>The last value of a header; null if it is absent or empty.</summary>
    private static string? ValueOf(IReadOnlyList<EntryField> fields, string name)
        => fields.LastOrDefault(field => field.Name == name && !field.Value.IsEmpty) is { Name: not null } found ? Encoding.UTF8.GetString(found.Value.Span) : null;

    private static EntryField Text(string name, string value) => new(name, Encoding.UTF8.GetBytes(value));
}
