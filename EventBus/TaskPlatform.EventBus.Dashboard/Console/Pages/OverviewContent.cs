using TaskPlatform.EventBus.Dashboard.Console.Charts;
using TaskPlatform.EventBus.Dashboard.Data;

namespace TaskPlatform.EventBus.Dashboard.Console.Pages;

/// <summary>The data of the overview page. Razor components are public, so their parameters must be, too.</summary>
public sealed record OverviewContent(
    IReadOnlyList<StreamDescription> Streams, IReadOnlyList<DeadLetterGroup> DeadLetterGroups, long Scheduled, ChartRange Range,
    IReadOnlyList<ChartSample> Samples, DateTimeOffset Now)
{
    /// <summary>The entries that groups have not read yet.</summary>
    public long Lag => Streams.Sum(stream => stream.Groups.Sum(group => group.Lag));

    /// <summary>The entries that groups have read and not acked.</summary>
    public long Pending => Streams.Sum(stream => stream.Groups.Sum(group => group.Pending));

    /// <summary>The dead letters of all groups.</summary>
    public long DeadLetters => DeadLetterGroups.Sum(group => group.Count);
}
