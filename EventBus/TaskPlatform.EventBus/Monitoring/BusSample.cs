namespace TaskPlatform.EventBus;

/// <summary>The state of the whole bus at one time, on Redis's clock.</summary>
/// <remarks><c>DeadLetterIdsExhausted</c>: the dead letter queue is not empty and its ids are exhausted, so it accepts no more.</remarks>
internal sealed record BusSample(
    long DeadLetters,
    TimeSpan OldestDeadLetter,
    long ScheduledRetries,
    IReadOnlyList<StreamSample> Streams,
    IReadOnlyList<OutboxSample> Outboxes,
    IReadOnlyList<LostSample> Lost,
    bool DeadLetterIdsExhausted = false);

/// <param name="Stream">The stream.</param>
/// <param name="Length">The number of entries.</param>
/// <param name="Groups">Its groups.</param>
/// <param name="Ahead">How far its last id is in the future; if it is, the ids of new entries do not show their time.</param>
/// <param name="IdsExhausted">Whether its last id is the largest possible one, so that it accepts no more entries.</param>
internal sealed record StreamSample(
    string Stream, long Length, IReadOnlyList<GroupSample> Groups, TimeSpan Ahead = default, bool IdsExhausted = false);

/// <param name="Group">The group.</param>
/// <param name="Lag">The number of entries that it has not read.</param>
/// <param name="LagIsLowerBound">Whether the lag is a lower bound.</param>
/// <param name="LagAge">Age of the oldest entry that it has not read; zero if it has read all.</param>
/// <param name="Pending">The number of pending entries.</param>
/// <param name="OldestIdle">The longest idle time among the oldest hundred pending entries of each consumer.</param>
/// <param name="Consumers">The number of consumers.</param>
internal sealed record GroupSample(
    string Group, long Lag, bool LagIsLowerBound, TimeSpan LagAge, long Pending, TimeSpan OldestIdle, long Consumers);

/// <summary>The unpublished events of a service, as last reported by its dispatcher.</summary>
internal sealed record OutboxSample(string Service, long Waiting, TimeSpan OldestAge);

/// <summary>The total number of entries that a group has lost.</summary>
internal sealed record LostSample(string Stream, string Group, long Count);
