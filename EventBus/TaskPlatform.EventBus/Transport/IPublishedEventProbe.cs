using System.Security.Cryptography;
using System.Text;

namespace TaskPlatform.EventBus;

/// <summary>
/// Finds out whether a transport still has the events that were published to it, so that lost ones can be published again. Each method throws
/// <see cref="EventTransportUnavailableException"/> if the transport is unavailable.
/// </summary>
public interface IPublishedEventProbe
{
    /// <summary>
    /// Reads the newest entries of a stream, newest first, except for entries that target one group. Returns none if the stream can't be read.
    /// </summary>
    Task<IReadOnlyList<PublishedEntry>> ReadNewestAsync(string stream, int count, CancellationToken cancellationToken);

    /// <summary>Returns the server's run id, and whether it still has the given entries.</summary>
    Task<TransportState> ProbeAsync(IReadOnlyList<(string Stream, string EntryId)> entries, CancellationToken cancellationToken);

    /// <summary>Reads the positions of streams' groups and the number of entries removed by other clients, all at the same time.</summary>
    Task<StreamReadings> MeasureAsync(IReadOnlyCollection<string> streams, CancellationToken cancellationToken);

    /// <summary>
    /// Finds entries that no longer exist although a group has not finished them: entries that are pending, or were until a consumer found them
    /// missing at or after <paramref name="since"/>; and entries that the bus added for one group, such as retries.
    /// </summary>
    Task<LostEntries> FindLostAsync(string stream, DateTimeOffset since, CancellationToken cancellationToken);

    /// <summary>Clears entries returned by <see cref="FindLostAsync"/> as <see cref="LostEntries.Targeted"/>, once they have been recovered.</summary>
    Task ClearLostAsync(string stream, IReadOnlyCollection<string> entryIds, CancellationToken cancellationToken);

    /// <summary>Counts entries that a group lost before it read them.</summary>
    Task ReportLostAsync(string stream, string group, int count, CancellationToken cancellationToken);

    /// <summary>Compares two entries of a stream, without a call: less than 0 if the left one was added before the right one.</summary>
    int Compare(string left, string right);

    /// <summary>When an entry was added, by the transport's clock, as far as its id shows that; null if it does not. Without a call.</summary>
    DateTimeOffset? TimeOf(string entryId);
}

/// <summary>The identity and content of a server.</summary>
/// <param name="Run">Identifies the server process; it changes with each restart.</param>
/// <param name="Exists">Whether each requested entry still exists.</param>
public sealed record TransportState(string Run, IReadOnlyList<bool> Exists);

/// <summary>The state of some streams at one time.</summary>
/// <param name="At">The time, by the transport's clock.</param>
/// <param name="Streams">The streams.</param>
public sealed record StreamReadings(DateTimeOffset At, IReadOnlyList<StreamReading> Streams);

/// <summary>The state of a stream at one time.</summary>
/// <param name="Stream">The channel's short name: <c>task.created</c>, <c>task:3</c>.</param>
/// <param name="Exists">Whether the stream exists.</param>
/// <param name="Removed">The total number of entries that clients other than the bus have removed.</param>
/// <param name="Groups">Its groups.</param>
public sealed record StreamReading(string Stream, bool Exists, long Removed, IReadOnlyList<GroupReading> Groups);

/// <summary>The state of a stream's group at one time.</summary>
/// <param name="Name">The group.</param>
/// <param name="Since">Changes whenever the group is recreated; null if unknown.</param>
/// <param name="LastDelivered">The id of the last entry delivered to the group, or one before all entries if there is none.</param>
public sealed record GroupReading(string Name, string? Since, string LastDelivered);

/// <summary>Entries that no longer exist although a group has not finished them.</summary>
/// <param name="Pending">Entries that are or were pending in a group.</param>
/// <param name="Targeted">Retried or reprocessed entries, which target one group.</param>
public sealed record LostEntries(IReadOnlyCollection<string> Pending, IReadOnlyList<TargetedEntry> Targeted);

/// <summary>An entry that targets one group.</summary>
/// <param name="EntryId">The entry's id.</param>
/// <param name="EventId">The event's id; empty if unknown.</param>
/// <param name="Group">The group.</param>
public sealed record TargetedEntry(string EntryId, Guid EventId, string Group);

/// <summary>An entry for all groups.</summary>
/// <param name="EntryId">The entry's id.</param>
/// <param name="EventId">The event's id.</param>
/// <param name="DataHash">The <see cref="HashOf"/> its <c>data</c> field, because another publisher may reuse an event id.</param>
public sealed record PublishedEntry(string EntryId, Guid EventId, string DataHash)
{
    /// <summary>The SHA-1 in lower-case hexadecimal digits, which a transport can compute on the server.</summary>
    public static string HashOf(string data)
    {
#pragma warning disable CA5350 // Scripts on a server may have no other hash; collision resistance is not needed.
        return Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(data)));
#pragma warning restore CA5350
    }
}
