using System.Globalization;

namespace TaskPlatform.EventBus;

/// <summary>A stream entry's id: milliseconds since 1970 and a number that tells entries of one millisecond apart.</summary>
/// <param name="Milliseconds">By the server's clock.</param>
/// <param name="Sequence">From 0.</param>
public readonly record struct EntryId(ulong Milliseconds, ulong Sequence) : IComparable<EntryId>
{
    private const long LastMillisecond = 253_402_300_799_999; // of the year 9999

    /// <summary>The largest id there is: a stream that has given it takes no more entries.</summary>
    public static EntryId MaxValue { get; } = new(ulong.MaxValue, ulong.MaxValue);

    /// <summary>When the entry was added.</summary>
    public DateTimeOffset Time => DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Min(Milliseconds, LastMillisecond));

    /// <summary>The highest id that stands before the first entry of a millisecond.</summary>
    public static EntryId Before(DateTimeOffset time)
        => new EntryId((ulong)Math.Max(0, time.ToUnixTimeMilliseconds()), 0).Previous();

    /// <summary>The highest id before this one; 0-0 has none and stays itself.</summary>
    public EntryId Previous() => this switch
    {
        { Sequence: > 0 } => this with { Sequence = Sequence - 1 },
        { Milliseconds: > 0 } => new EntryId(Milliseconds - 1, ulong.MaxValue),
        _ => this,
    };

    /// <summary>The lowest id behind this one; null where it is the largest.</summary>
    public EntryId? Next() => this switch
    {
        { Sequence: < ulong.MaxValue } => this with { Sequence = Sequence + 1 },
        { Milliseconds: < ulong.MaxValue } => new EntryId(Milliseconds + 1, 0),
        _ => null,
    };

    /// <summary>Reads <c>1735689600000-0</c>.</summary>
    /// <returns>False where it is anything else.</returns>
    public static bool TryParse(string? text, out EntryId id)
    {
        id = default;
        if (text?.Split('-') is not [var milliseconds, var sequence]
            || !ulong.TryParse(milliseconds, NumberStyles.None, CultureInfo.InvariantCulture, out var ms)
            || !ulong.TryParse(sequence, NumberStyles.None, CultureInfo.InvariantCulture, out var seq))
        {
            return false;
        }

        id = new EntryId(ms, seq);
        return true;
    }

    /// <summary>Reads an id that comes from Redis.</summary>
    public static EntryId Parse(string text) => TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is no entry's id.");

    /// <inheritdoc/>
    public int CompareTo(EntryId other)
        => Milliseconds != other.Milliseconds ? Milliseconds.CompareTo(other.Milliseconds) : Sequence.CompareTo(other.Sequence);

    /// <summary>Whether one stands before the other.</summary>
    public static bool operator <(EntryId left, EntryId right) => left.CompareTo(right) < 0;

    /// <summary>Whether one stands after the other.</summary>
    public static bool operator >(EntryId left, EntryId right) => left.CompareTo(right) > 0;

    /// <summary>Whether one stands before the other, or is the same.</summary>
    public static bool operator <=(EntryId left, EntryId right) => left.CompareTo(right) <= 0;

    /// <summary>Whether one stands after the other, or is the same.</summary>
    public static bool operator >=(EntryId left, EntryId right) => left.CompareTo(right) >= 0;

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Milliseconds}-{Sequence}");
}
