namespace TaskPlatform.EventBus.PostgreSql;

/// <summary>
/// The position of a scan over unpublished events. Each scan starts at the first row, not after the last id seen: ids commit out of order, so
/// that a gap may be filled later; the commit that fills it triggers the next scan. A scan ends at the row that was last when it began.
/// A row written after a gap was filled has a higher id, so it can't be published before the row in the gap.
/// </summary>
internal sealed class ScanCursor
{
    /// <summary>Channels to skip, by short name, because the transport refused an event and later events must not overtake it.</summary>
    public HashSet<string> Refused { get; } = new(StringComparer.Ordinal);

    /// <summary>Those that are the channels of event types, which the scan excludes. The events of refused partitions are read and left out.</summary>
    public IEnumerable<string> RefusedTypes => Refused.Where(stream => !StreamName.IsPartition(stream));

    /// <summary>The last row that was scanned.</summary>
    public long After { get; private set; }

    /// <summary>The last row of the scan; set by the first page, from which no type is excluded.</summary>
    public long End { get; private set; } = long.MaxValue;

    public bool IsDone { get; set; }

    /// <summary>Whether the scan has reached a row that was requeued although its entry exists.</summary>
    public bool HasRequeued { get; set; }

    /// <summary>Moves forward to a row, never backward.</summary>
    public void AdvanceTo(long row) => After = Math.Max(After, row);

    public void AdvanceTo(long row, long end)
    {
        AdvanceTo(row);
        End = Math.Min(End, end);
    }
}
