using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace TaskPlatform.EventBus;

/// <summary>
/// The headers that are forwarded with an event through retry, dead letter, reprocess and replay: the event's own, and those unknown to the
/// bus. Their number and size are limited, so that the next entry can always be written.
/// </summary>
public static class ForwardedHeaders
{
    /// <summary>The maximum number of forwarded headers. A Lua script can pass only a few thousand values to a command.</summary>
    public const int MaxCount = 100;

    /// <summary>The maximum total size of forwarded names and values, in bytes.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>
    /// The forwarded headers of an entry, the event's own first. If a header occurs more than once, the last value counts; an empty one counts as
    /// absent. The number of headers dropped, including those dropped from earlier entries, is added as a header.
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

    /// <summary>Whether it is one of the bus's own headers.</summary>
    public static bool IsOfEvent(string header) => EntryFields.OfEvent.Contains(header);

    /// <summary>Another program may have written any value.</summary>
    private static int ReadCount(ReadOnlySpan<byte> value)
        => Utf8Parser.TryParse(value, out int count, out var consumed) && consumed == value.Length ? Math.Clamp(count, 0, 1_000_000) : 0;
}
