using TaskPlatform.EventBus.Dashboard.Console.Charts;
using TaskPlatform.EventBus.Dashboard.Data;

namespace TaskPlatform.EventBus.Dashboard.Console.Pages;

/// <summary>What the overview shows. Razor's classes are public, and so is what they are given.</summary>
public sealed record OverviewContent(
    IReadOnlyList<StreamDescription> Streams, IReadOnlyList<DeadLetterGroup> DeadLetterGroups, long Scheduled, ChartRange Range,
    IReadOnlyList<ChartSample> Samples, DateTimeOffset Now)
{
    public long Lag => Streams.Sum(stream => stream.Groups.Sum(group => group.Lag));

    public long Pending => Streams.Sum(stream => stream.Groups.Sum(group => group.Pending));

    public long DeadLetters => DeadLetterGroups.Sum(group => group.Count);
}
