namespace TaskPlatform.EventBus.Dashboard.Admin.Streams;

/// <summary>A stream as an operator sees it.</summary>
/// <param name="Type">The event type.</param>
/// <param name="Exists">Whether it is there: the first event makes it.</param>
/// <param name="Problem">Why nothing can be said of it.</param>
/// <param name="Length">Entries.</param>
/// <param name="FirstEntryId">The oldest entry.</param>
/// <param name="LastEntryId">The id that was given last.</param>
/// <param name="Groups">Its groups.</param>
internal sealed record StreamView(
    string Type, bool Exists, string? Problem, long Length, string? FirstEntryId, string? LastEntryId, IReadOnlyList<StreamView.GroupView> Groups)
{
    /// <summary>A consumer group.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Lag">Entries that it has not read.</param>
    /// <param name="LagIsMinimum">Whether there are more than were counted.</param>
    /// <param name="OldestUnread">When the first of them was added.</param>
    /// <param name="Pending">Entries that it has read and not done.</param>
    /// <param name="OldestIdleSeconds">How long one of them was left alone, at the most.</param>
    /// <param name="Consumers">How many consumers it has.</param>
    /// <param name="LastDeliveredId">The last entry it has read.</param>
    public sealed record GroupView(
        string Name, long Lag, bool LagIsMinimum, DateTimeOffset? OldestUnread, long Pending, double OldestIdleSeconds, long Consumers,
        string LastDeliveredId);

    public static StreamView Of(StreamDescription stream) => new(
        stream.Type, stream.Exists, stream.Problem, stream.Length, stream.FirstEntryId, stream.LastEntryId,
        [.. stream.Groups.Select(group => new GroupView(
            group.Name, group.Lag, group.LagIsMinimum, group.OldestUnread, group.Pending, group.OldestIdle.TotalSeconds, group.Consumers,
            group.LastDeliveredId))]);
}
