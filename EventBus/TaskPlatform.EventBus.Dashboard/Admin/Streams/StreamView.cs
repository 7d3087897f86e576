namespace TaskPlatform.EventBus.Dashboard.Admin.Streams;

/// <summary>The representation of a stream in responses.</summary>
/// <param name="Type">The event type.</param>
/// <param name="Exists">Whether the stream exists. The first event creates it.</param>
/// <param name="Problem">Why the stream can't be described.</param>
/// <param name="Length">The number of entries.</param>
/// <param name="FirstEntryId">The id of the oldest entry.</param>
/// <param name="LastEntryId">The last generated id.</param>
/// <param name="Groups">The stream's consumer groups.</param>
internal sealed record StreamView(
    string Type, bool Exists, string? Problem, long Length, string? FirstEntryId, string? LastEntryId, IReadOnlyList<StreamView.GroupView> Groups)
{
    /// <summary>A consumer group.</summary>
    /// <param name="Name">The group's name.</param>
    /// <param name="Lag">The number of entries that it has not read.</param>
    /// <param name="LagIsMinimum">Whether the lag is a lower bound.</param>
    /// <param name="OldestUnread">When the oldest unread entry was added.</param>
    /// <param name="Pending">The number of entries that it has read but not acknowledged.</param>
    /// <param name="OldestIdleSeconds">The longest idle time of a pending entry.</param>
    /// <param name="Consumers">The number of consumers.</param>
    /// <param name="LastDeliveredId">The id of the last entry that it has read.</param>
    public sealed record GroupView(
        string Name, long Lag, bool LagIsMinimum, DateTimeOffset? OldestUnread, long Pending, double OldestIdleSeconds, long Consumers,
        string LastDeliveredId);

    public static StreamView Of(StreamDescription stream) => new(
        stream.Type, stream.Exists, stream.Problem, stream.Length, stream.FirstEntryId, stream.LastEntryId,
        [.. stream.Groups.Select(group => new GroupView(
            group.Name, group.Lag, group.LagIsMinimum, group.OldestUnread, group.Pending, group.OldestIdle.TotalSeconds, group.Consumers,
            group.LastDeliveredId))]);
}
