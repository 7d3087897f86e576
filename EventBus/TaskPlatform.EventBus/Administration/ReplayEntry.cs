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
