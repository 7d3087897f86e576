using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace TaskPlatform.EventBus;

/// <summary>The state of the whole bus at one time, on the transport's clock.</summary>
/// <param name="At">When it was measured.</param>
/// <param name="DeadLetters">The number of dead letters.</param>
/// <param name="OldestDeadLetter">Age of the oldest dead letter; zero if there is none.</param>
/// <param name="ScheduledRetries">The number of retries that wait for their time.</param>
/// <param name="Streams">The streams of the catalog's event types, in its order, also those that do not exist.</param>
/// <param name="Outboxes">The unpublished events of each service.</param>
/// <param name="Lost">The groups that have lost entries.</param>
/// <param name="DeadLetterIdsExhausted">Whether the dead letter queue accepts no more entries: it is not empty, and its ids are exhausted.</param>
public sealed record BusSample(
    DateTimeOffset At,
    long DeadLetters,
    TimeSpan OldestDeadLetter,
    long ScheduledRetries,
    IReadOnlyList<StreamSample> Streams,
    IReadOnlyList<OutboxSample> Outboxes,
    IReadOnlyList<LostSample> Lost,
    bool DeadLetterIdsExhausted = false)
{
    /// <summary>The JSON in which a transport stores samples.</summary>
    [JsonIgnore]
    public static JsonTypeInfo<BusSample> JsonTypeInfo => BusSampleJson.Default.BusSample;

    /// <summary>The number of unread entries of all groups.</summary>
    [JsonIgnore]
    public long Lag => Streams.Sum(stream => stream.Groups.Sum(group => group.Lag));

    /// <summary>The number of pending entries of all groups.</summary>
    [JsonIgnore]
    public long Pending => Streams.Sum(stream => stream.Groups.Sum(group => group.Pending));
}

/// <summary>A stream at the time of a sample.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Length">The number of entries.</param>
/// <param name="Groups">Its groups.</param>
/// <param name="Ahead">How far its last id is in the future; if it is, the ids of new entries do not show their time.</param>
/// <param name="IdsExhausted">Whether its last id is the largest possible one, so that it accepts no more entries.</param>
public sealed record StreamSample(
    string Stream, long Length, IReadOnlyList<GroupSample> Groups, TimeSpan Ahead = default, bool IdsExhausted = false);

/// <summary>A consumer group of a stream at the time of a sample.</summary>
/// <param name="Group">The group.</param>
/// <param name="Lag">The number of entries that it has not read.</param>
/// <param name="LagIsLowerBound">Whether the lag is a lower bound.</param>
/// <param name="LagAge">Age of the oldest entry that it has not read; zero if it has read all.</param>
/// <param name="Pending">The number of pending entries.</param>
/// <param name="OldestIdle">The longest idle time among the oldest hundred pending entries of each consumer.</param>
/// <param name="Consumers">The number of consumers.</param>
public sealed record GroupSample(
    string Group, long Lag, bool LagIsLowerBound, TimeSpan LagAge, long Pending, TimeSpan OldestIdle, long Consumers);

/// <summary>The unpublished events of a service, as last reported by its dispatcher.</summary>
/// <param name="Service">The name of the service's event log.</param>
/// <param name="Waiting">The number of unpublished events.</param>
/// <param name="OldestAge">Age of the oldest; zero if there is none.</param>
public sealed record OutboxSample(string Service, long Waiting, TimeSpan OldestAge);

/// <summary>The total number of entries that a group has lost.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Group">The group.</param>
/// <param name="Count">The number of entries that were removed before the group had handled them.</param>
public sealed record LostSample(string Stream, string Group, long Count);

/// <summary>JSON metadata of samples, for transports that store the latest one as text.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(BusSample))]
internal sealed partial class BusSampleJson : JsonSerializerContext;
