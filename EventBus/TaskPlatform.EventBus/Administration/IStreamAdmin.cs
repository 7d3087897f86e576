namespace TaskPlatform.EventBus;

/// <summary>
/// The streams and their groups, for those who run the platform. Every method throws
/// <see cref="EventTransportUnavailableException"/> while they can't be reached.
/// </summary>
public interface IStreamAdmin
{
    /// <summary>Describes the streams of these event types. Where a stream is not there, its description says so.</summary>
    Task<IReadOnlyList<StreamDescription>> DescribeAsync(IEnumerable<string> eventTypes, CancellationToken cancellationToken);

    /// <summary>The consumers of a group; empty where there is no such group.</summary>
    Task<IReadOnlyList<ConsumerDescription>> ConsumersAsync(string eventType, string group, CancellationToken cancellationToken);

    /// <summary>What was delivered to a group and is not done, the oldest first.</summary>
    /// <param name="eventType">The stream's event type.</param>
    /// <param name="group">The group.</param>
    /// <param name="limit">How many at the most.</param>
    /// <param name="after">The last entry of the page before; null for the first.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    Task<IReadOnlyList<PendingEntry>> PendingAsync(
        string eventType, string group, int limit, string? after, CancellationToken cancellationToken);

    /// <summary>Entries of a stream.</summary>
    /// <param name="eventType">The stream's event type.</param>
    /// <param name="limit">How many at the most.</param>
    /// <param name="after">
    /// The entry to go on from; null begins at the end of the stream, or where <paramref name="newestFirst"/> is false, at its beginning.
    /// </param>
    /// <param name="newestFirst">Whether to go backwards in time.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    Task<IReadOnlyList<StreamEntry>> EntriesAsync(
        string eventType, int limit, string? after, bool newestFirst, CancellationToken cancellationToken);

    /// <summary>Gives up a group's place in a stream, so that trimming waits for it no more. Repeating it changes nothing.</summary>
    /// <returns>Whether the group was there, or expected.</returns>
    Task<bool> RemoveGroupAsync(string eventType, string group, CancellationToken cancellationToken);

    /// <summary>How many retries are scheduled.</summary>
    Task<long> CountScheduledAsync(CancellationToken cancellationToken);
}

/// <summary>A stream.</summary>
/// <param name="Type">The event type.</param>
/// <param name="Exists">Whether it is there.</param>
/// <param name="Problem">Why nothing can be said of it; null where all is well.</param>
/// <param name="Length">Entries.</param>
/// <param name="FirstEntryId">The oldest entry.</param>
/// <param name="LastEntryId">The id that was given last.</param>
/// <param name="Groups">Its groups.</param>
public sealed record StreamDescription(
    string Type, bool Exists, string? Problem, long Length, string? FirstEntryId, string? LastEntryId, IReadOnlyList<GroupDescription> Groups);

/// <summary>A consumer group on a stream.</summary>
/// <param name="Name">The group.</param>
/// <param name="Lag">Entries that it has not read.</param>
/// <param name="LagIsMinimum">Whether there are more than were counted.</param>
/// <param name="OldestUnread">When the first of them was added; null where there is none.</param>
/// <param name="Pending">Entries that it has read and not done.</param>
/// <param name="OldestIdle">How long the least recently touched of the oldest hundred of them was left alone.</param>
/// <param name="Consumers">How many consumers it has.</param>
/// <param name="LastDeliveredId">The last entry it has read.</param>
public sealed record GroupDescription(
    string Name, long Lag, bool LagIsMinimum, DateTimeOffset? OldestUnread, long Pending, TimeSpan OldestIdle, long Consumers,
    string LastDeliveredId);

/// <summary>A consumer.</summary>
/// <param name="Name">Service and instance.</param>
/// <param name="Pending">Entries that it holds.</param>
/// <param name="Idle">How long ago it asked for entries last.</param>
public sealed record ConsumerDescription(string Name, long Pending, TimeSpan Idle);

/// <summary>An entry that a group has read and not done.</summary>
/// <param name="EntryId">The entry.</param>
/// <param name="Consumer">Who holds it.</param>
/// <param name="Idle">How long it was left alone.</param>
/// <param name="Deliveries">How often it was handed out.</param>
public sealed record PendingEntry(string EntryId, string Consumer, TimeSpan Idle, long Deliveries);

/// <summary>An entry of a stream.</summary>
/// <param name="EntryId">Its id.</param>
/// <param name="Type">The stream's event type.</param>
/// <param name="AggregateId">What the event is about; null where it can't be read.</param>
/// <param name="TraceId">The trace of the request that created it; 32 hex digits.</param>
/// <param name="Data">The event as it stands there.</param>
/// <param name="Headers">Every other field.</param>
public sealed record StreamEntry(
    string EntryId, string Type, string? AggregateId, string? TraceId, string Data, IReadOnlyDictionary<string, string> Headers);
