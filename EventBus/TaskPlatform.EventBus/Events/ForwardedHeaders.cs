using System.Buffers.Text;
using System.Globalization;
using System.Text;

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

    /// <summary>
    /// Those of an entry, the event's own first. Of a header that is there twice the last counts; an empty one counts as absent. How many do not
    /// travel on, and did not with the entries before it, is a header of its own.
    /// </summary>
    public static List<EntryField> Of(IEnumerable<EntryField> fields)
    {
        var headers = new OrderedDictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        foreach (var (name, value) in fields)
        {
            if (!value.IsEmpty && !EntryFields.OfEntry.Contains(name))
                headers[name] = value;
        }

        var dropped = headers.Remove(EntryFields.HeadersDropped, out var before) ? ReadCount(before.Span) : 0;
        var forwarded = new List<EntryField>(Math.Min(headers.Count, MaxCount));
        var bytes = 0;
        foreach (var (name, value) in headers.OrderBy(header => !IsOfEvent(header.Key)))
        {
            var size = Encoding.UTF8.GetByteCount(name) + value.Length;
            if (forwarded.Count == MaxCount || size > MaxBytes - bytes)
            {
                dropped++;
                continue;
            }

            bytes += size;
            forwarded.Add(new EntryField(name, value));
        }

        if (dropped > 0)
            forwarded.Add(new EntryField(EntryFields.HeadersDropped, Encoding.UTF8.GetBytes(dropped.ToString(CultureInfo.InvariantCulture))));
        return forwarded;
    }

    /// <summary>Whether it is one of the bus's.</summary>
    public static bool IsOfEvent(string header) => EntryFields.OfEvent.Contains(header);

    /// <summary>Any publisher may have written anything there.</summary>
    private static int ReadCount(ReadOnlySpan<byte> value)
        => Utf8Parser.TryParse(value, out int count, out var consumed) && consumed == value.Length ? Math.Clamp(count, 0, 1_000_000) : 0;
}
