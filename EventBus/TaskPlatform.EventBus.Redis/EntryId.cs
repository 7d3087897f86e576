using System.Globalization;

namespace TaskPlatform.EventBus.Redis;

/// <summary>The id of a stream entry: milliseconds since 1970 and a sequence number within the millisecond.</summary>
/// <param name="Milliseconds">Milliseconds since 1970, by the server's clock.</param>
/// <param name="Sequence">The sequence number, starting at 0.</param>
internal readonly record struct EntryId(ulong Milliseconds, ulong Sequence) : IComparable<EntryId>
{
    private const long LastMillisecond = 253_402_300_799_999; // End of the year 9999.

    /// <summary>The largest possible id. A stream whose last id is this accepts no more entries.</summary>
    public static EntryId MaxValue { get; } = new(ulong.MaxValue, ulong.MaxValue);

    /// <summary>When the entry was added.</summary>
    public DateTimeOffset Time => DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Min(Milliseconds, LastMillisecond));

    /// <summary>The highest id before the first entry of a millisecond.</summary>
    public static EntryId Before(DateTimeOffset time)
        => new EntryId((ulong)Math.Max(0, time.ToUnixTimeMilliseconds()), 0).Previous();

    /// <summary>The preceding id; 0-0 returns itself.</summary>
    public EntryId Previous() => this switch
    {
        { Sequence: > 0 } => this with { Sequence = Sequence - 1 },
        { Milliseconds: > 0 } => new EntryId(Milliseconds - 1, ulong.MaxValue),
        _ => this,
    };

    /// <summary>The following id; null for the largest one.</summary>
    public EntryId? Next() => this switch
    {
        { Sequence: < ulong.MaxValue } => this with { Sequence = Sequence + 1 },
        { Milliseconds: < ulong.MaxValue } => new EntryId(Milliseconds + 1, 0),
        _ => null,
    };

    /// <summary>Parses an id such as <c>1735689600000-0</c>.</summary>
    /// <returns>False if the text is not an id.</returns>
    public static bool TryParse(string? text, out EntryId id)
    {
        id = default;
        var all = text.AsSpan();
        if (all.IndexOf('-') is not (>= 0 and var dash)
            || !ulong.TryParse(all[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out var ms)
            || !ulong.TryParse(all[(dash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var seq))
        {
            return false;
        }

        id = new EntryId(ms, seq);
        return true;
    }

    /// <summary>Parses an id from Redis.</summary>
    public static EntryId Parse(string text) => TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is not a stream entry id.");

    /// <inheritdoc/>
    public int CompareTo(EntryId other)
        => Milliseconds != other.Milliseconds ? Milliseconds.CompareTo(other.Milliseconds) : Sequence.CompareTo(other.Sequence);

    /// <summary>Whether the left id is lower.</summary>
    public static bool operator <(EntryId left, EntryId right) => left.CompareTo(right) < 0;

    /// <summary>Whether the left id is higher.</summary>
    public static bool operator >(EntryId left, EntryId right) => left.CompareTo(right) > 0;

    /// <summary>Whether the left id is lower or equal.</summary>
    public static bool operator <=(EntryId left, EntryId right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the left id is higher or equal.</summary>
    public static bool operator >=(EntryId left, EntryId right) => left.CompareTo(right) >= 0;

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Milliseconds}-{Sequence}");
}
