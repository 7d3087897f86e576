using System.Globalization;

namespace TaskPlatform.EventBus.InMemory;

/// <summary>The id of an entry in a broker: the time in milliseconds since 1970, and a sequence number within the millisecond.</summary>
internal readonly record struct EntryId(ulong Milliseconds, ulong Sequence) : IComparable<EntryId>
{
    private const long LastMillisecond = 253_402_300_799_999; // End of the year 9999.

    /// <summary>The largest possible id. A stream whose last id is this accepts no more entries.</summary>
    public static EntryId MaxValue { get; } = new(ulong.MaxValue, ulong.MaxValue);

    /// <summary>When the entry was added.</summary>
    public DateTimeOffset Time => DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Min(Milliseconds, LastMillisecond));

    /// <summary>The highest id before the first entry of a millisecond.</summary>
    public static EntryId Before(DateTimeOffset time) => new EntryId((ulong)Math.Max(0, time.ToUnixTimeMilliseconds()), 0).Previous();

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

    /// <summary>Reads an id as <see cref="ToString"/> writes it.</summary>
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

    /// <inheritdoc cref="TryParse"/>
    /// <exception cref="FormatException">It is not an id.</exception>
    public static EntryId Parse(string text) => TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is not an entry id.");

    public int CompareTo(EntryId other)
        => Milliseconds != other.Milliseconds ? Milliseconds.CompareTo(other.Milliseconds) : Sequence.CompareTo(other.Sequence);

    public static bool operator <(EntryId left, EntryId right) => left.CompareTo(right) < 0;

    public static bool operator >(EntryId left, EntryId right) => left.CompareTo(right) > 0;

    public static bool operator <=(EntryId left, EntryId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(EntryId left, EntryId right) => left.CompareTo(right) >= 0;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Milliseconds}-{Sequence}");
}
