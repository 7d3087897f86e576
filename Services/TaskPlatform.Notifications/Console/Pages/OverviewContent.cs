using TaskPlatform.EventBus;
using TaskPlatform.Notifications.Console.Charts;
using TaskPlatform.Notifications.Data;

namespace TaskPlatform.Notifications.Console.Pages;

/// <summary>What the overview shows. Razor's classes are public, and so is what they are given.</summary>
public sealed record OverviewContent(
    IReadOnlyList<StreamDescription> Streams, IReadOnlyList<DeadLetterGroup> DeadLetterGroups, long Scheduled, ChartRange Range,
    IReadOnlyList<ChartSample> Samples, DateTimeOffset Now)
{
    public long Lag => Streams.Sum(stream => stream.Groups.Sum(group => group.Lag));

    public long Pending => Streams.Sum(stream => stream.Groups.Sum(group => group.Pending));

    public long DeadLetters => DeadLetterGroups.Sum(group => group.Count);
}
