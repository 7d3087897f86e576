namespace TaskPlatform.EventBus;

/// <summary>
/// The entry id of a published event, as a log stores it. That of an event on the channel of its type is the transport's own. That of an event on a partition
/// contains the channel, so that the entry is found in the channel to which it was added, whatever topology the bus has now.
/// </summary>
public static class LogEntryId
{
    private const char Separator = '/';

    /// <summary>Writes an id: <c>1735689600000-0</c>, <c>task:3/1735689600000-0</c>.</summary>
    /// <param name="stream">The channel's short name.</param>
    /// <param name="entryId">The transport's id.</param>
    public static string Write(string stream, string entryId) => StreamName.IsPartition(stream) ? $"{stream}{Separator}{entryId}" : entryId;

    /// <summary>Reads an id.</summary>
    /// <param name="eventType">The event's type.</param>
    /// <param name="stored">The stored id.</param>
    public static (string Stream, string EntryId) Read(string eventType, string stored)
    {
        ArgumentNullException.ThrowIfNull(stored);
        return stored.IndexOf(Separator, StringComparison.Ordinal) is > 0 and var end ? (stored[..end], stored[(end + 1)..]) : (eventType, stored);
    }
}
