namespace TaskPlatform.EventBus;

/// <summary>How the whole bus stood at one moment, on Redis's clock.</summary>
/// <remarks>The dead letters are full where their stream holds some, and has used up its ids: it takes no more.</remarks>
internal sealed record BusSample(
    long DeadLetters,
    TimeSpan OldestDeadLetter,
    long ScheduledRetries,
    IReadOnlyList<StreamSample> Streams,
    IReadOnlyList<OutboxSample> Outboxes,
    IReadOnlyList<LostSample> Lost,
    bool DeadLetterIdsExhausted = false);

/// <param name="Stream">The stream.</param>
/// <param name="Length">Its entries.</param>
/// <param name="Groups">Its groups.</param>
/// <param name="Ahead">How far its last id lies in the future; then the ids of what comes next do not tell its time.</param>
/// <param name="IdsExhausted">Whether its last id is the largest there is, so that it takes no more entries.</param>
internal sealed record StreamSample(
    string Stream, long Length, IReadOnlyList<GroupSample> Groups, TimeSpan Ahead = default, bool IdsExhausted = false);

/// <param name="Group">The group.</param>
/// <param name="Lag">Entries that it has not read.</param>
/// <param name="LagIsLowerBound">Whether there are more than were counted.</param>
/// <param name="LagAge">Age of the oldest entry that it has not read; zero where it has read all.</param>
/// <param name="Pending">Entries that it has read and not acked.</param>
/// <param name="OldestIdle">How long the most neglected of them was not touched (of the oldest hundred).</param>
/// <param name="Consumers">Its consumers.</param>
internal sealed record GroupSample(
    string Group, long Lag, bool LagIsLowerBound, TimeSpan LagAge, long Pending, TimeSpan OldestIdle, long Consumers);

/// <summary>What waits in a service's log, as its dispatcher last said.</summary>
internal sealed record OutboxSample(string Service, long Waiting, TimeSpan OldestAge);

/// <summary>How many entries a group has ever lost.</summary>
internal sealed record LostSample(string Stream, string Group, long Count);
