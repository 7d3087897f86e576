using System.Diagnostics;
using System.Text;
using System.Text.Json.Serialization;

namespace TaskPlatform.EventBus;

/// <summary>
/// The streams and their groups, for operators. Every method throws <see cref="EventTransportUnavailableException"/>
/// if the transport is unavailable.
/// </summary>
public interface IStreamAdmin
{
    /// <summary>Whether a text has the form of an entry id, without a call. The other methods accept only those.</summary>
    bool IsEntryId(string text);

    /// <summary>Describes streams by their short names, including streams that do not exist.</summary>
    Task<IReadOnlyList<StreamDescription>> DescribeAsync(IEnumerable<string> streams, CancellationToken cancellationToken);

    /// <summary>The consumers of a group; empty if the group does not exist.</summary>
    Task<IReadOnlyList<ConsumerDescription>> ConsumersAsync(string stream, string group, CancellationToken cancellationToken);

    /// <summary>The pending entries of a group, oldest first.</summary>
    /// <param name="stream">The channel's short name.</param>
    /// <param name="group">The group.</param>
    /// <param name="limit">The maximum number of entries.</param>
    /// <param name="after">The last entry of the previous page; null for the first.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    Task<IReadOnlyList<PendingEntry>> PendingAsync(
        string stream, string group, int limit, string? after, CancellationToken cancellationToken);

    /// <summary>Entries of a stream.</summary>
    /// <param name="stream">The channel's short name.</param>
    /// <param name="limit">The maximum number of entries.</param>
    /// <param name="after">
    /// The last entry of the previous page; null starts at the end of the stream, or at its beginning if <paramref name="newestFirst"/> is false.
    /// </param>
    /// <param name="newestFirst">Whether to list the newest entries first.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    Task<IReadOnlyList<StreamEntry>> EntriesAsync(
        string stream, int limit, string? after, bool newestFirst, CancellationToken cancellationToken);

    /// <summary>Removes a group from a stream, so that trimming no longer waits for it. Idempotent.</summary>
    /// <returns>Whether the group existed or was expected.</returns>
    Task<bool> RemoveGroupAsync(string stream, string group, CancellationToken cancellationToken);

    /// <summary>The number of scheduled retries.</summary>
    Task<long> CountScheduledAsync(CancellationToken cancellationToken);
}

/// <summary>A stream.</summary>
/// <param name="Type">Its short name: an event type, or a partition such as <c>task:3</c>.</param>
/// <param name="Exists">Whether it exists.</param>
/// <param name="Problem">Why it can't be described; null if it can.</param>
/// <param name="Length">The number of entries.</param>
/// <param name="FirstEntryId">The id of the oldest entry.</param>
/// <param name="LastEntryId">The last generated id.</param>
/// <param name="Groups">Its groups.</param>
public sealed record StreamDescription(
    string Type, bool Exists, string? Problem, long Length, string? FirstEntryId, string? LastEntryId, IReadOnlyList<GroupDescription> Groups);

/// <summary>A consumer group on a stream.</summary>
/// <param name="Name">The group.</param>
/// <param name="Lag">The number of entries that it has not read.</param>
/// <param name="LagIsMinimum">Whether the lag is a lower bound.</param>
/// <param name="OldestUnread">When the oldest unread entry was added; null if there is none.</param>
/// <param name="Pending">The number of pending entries.</param>
/// <param name="OldestIdle">The longest idle time among the oldest hundred pending entries.</param>
/// <param name="Consumers">The number of consumers.</param>
/// <param name="LastDeliveredId">The id of the last entry delivered to the group.</param>
public sealed record GroupDescription(
    string Name, long Lag, bool LagIsMinimum, DateTimeOffset? OldestUnread, long Pending, TimeSpan OldestIdle, long Consumers,
    string LastDeliveredId);

/// <summary>A consumer.</summary>
/// <param name="Name">The service and instance.</param>
/// <param name="Pending">The number of its pending entries.</param>
/// <param name="Idle">The time since its last read or claim.</param>
public sealed record ConsumerDescription(string Name, long Pending, TimeSpan Idle);

/// <summary>A pending entry of a group.</summary>
/// <param name="EntryId">The entry's id.</param>
/// <param name="Consumer">The consumer that owns it.</param>
/// <param name="Idle">The time since its last delivery or claim.</param>
/// <param name="Deliveries">The number of deliveries.</param>
public sealed record PendingEntry(string EntryId, string Consumer, TimeSpan Idle, long Deliveries);

/// <summary>An entry of a stream.</summary>
/// <param name="EntryId">The entry's id.</param>
/// <param name="AddedAt">When it was added, by the transport's clock. Not part of its JSON, which has the id.</param>
/// <param name="Type">The stream's event type.</param>
/// <param name="AggregateId">The aggregate's id; null if the event is unreadable.</param>
/// <param name="TraceId">The trace id of the request that created the event; 32 hex digits.</param>
/// <param name="Data">The event exactly as it is in the stream.</param>
/// <param name="Headers">All other fields.</param>
public sealed record StreamEntry(
    string EntryId, [property: JsonIgnore] DateTimeOffset AddedAt, string Type, string? AggregateId, string? TraceId, string Data, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>Reads an entry of any publisher.</summary>
    public static StreamEntry Read(string entryId, DateTimeOffset addedAt, string type, IEnumerable<EntryField> fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        var (data, headers) = (ReadOnlyMemory<byte>.Empty, new Dictionary<string, string>(StringComparer.Ordinal));
        foreach (var (name, value) in fields)
        {
            if (name == EntryFields.Data)
                data = value;
            else
                headers[name] = Encoding.UTF8.GetString(value.Span);
        }

        var traceId = ActivityContext.TryParse(headers.GetValueOrDefault(EntryFields.TraceParent), null, out var created) ? created.TraceId.ToHexString() : null;
        return new StreamEntry(entryId, addedAt, type, AggregateOf(data), traceId, Encoding.UTF8.GetString(data.Span), headers);
    }

    private static string? AggregateOf(ReadOnlyMemory<byte> data)
    {
        try
        {
            return EventEnvelope.Read(data).AggregateId;
        }
        catch (UnreadableEventException)
        {
            return null;
        }
    }
}
