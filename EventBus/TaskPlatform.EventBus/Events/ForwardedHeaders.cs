namespace TaskPlatform.EventBus;

/// <summary>
/// The headers that travel on with an event through retry, dead letter, reprocess and replay: the event's own, and those that the bus does
/// not know. They are limited, so that whatever a publisher writes, the next entry can be written too.
/// </summary>
internal static class ForwardedHeaders
{
    /// <summary>The most that travel on; a script can't pass a few thousand values to a command.</summary>
    public const int MaxCount = 100;

    /// <summary>The bytes of names and values that travel on, in all.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>Those of an entry, the event's own first. Of a header that is there twice the last counts; an empty one counts as absent.</summary>
    public static List<EntryField> Of(IEnumerable<EntryField> fields)
    {
        var headers = new OrderedDictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        foreach (var (name, value) in fields)
        {
            if (!value.IsEmpty && !EntryFields.OfEntry.Contains(name))
                headers[name] = value;
        }

        var forwarded = new List<EntryField>(Math.Min(headers.Count, MaxCount));
        var bytes = 0;
        foreach (var (name, value) in headers.OrderBy(header => !IsOfEvent(header.Key)))
        {
            var size = name.Length + value.Length;
            if (bytes + size > MaxBytes)
                continue;
            if (forwarded.Count == MaxCount)
                break;
            bytes += size;
            forwarded.Add(new EntryField(name, value));
        }

        return forwarded;
    }

    /// <summary>Whether it is one of the bus's.</summary>
    public static bool IsOfEvent(string header) => EntryFields.OfEvent.Contains(header);
}
