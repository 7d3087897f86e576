using Microsoft.AspNetCore.Http.HttpResults;
using TaskPlatform.EventBus.Dashboard.Console.Charts;
using TaskPlatform.EventBus.Dashboard.Data;

namespace TaskPlatform.EventBus.Dashboard.Console.Pages;

internal static class ShowOverview
{
    public static void Map(IEndpointRouteBuilder console) => console.MapGet("/", HandleAsync);

    private static async Task<RazorComponentResult<OverviewPage>> HandleAsync(
        string? range, CurrentOperator caller, IStreamAdmin streams, IDeadLetterQueue deadLetters, EventCatalog events, Topologies topologies, DashboardDb db,
        TimeProvider time, CancellationToken cancellationToken)
    {
        var (selected, now) = (ChartRange.Find(range), time.GetUtcNow());
        return new(new
        {
            Operator = caller,
            Content = new OverviewContent(
                await streams.DescribeAsync(topologies.StreamsOf(events), cancellationToken),
                await deadLetters.GroupAsync(DeadLetterFilter.All, cancellationToken),
                await streams.CountScheduledAsync(cancellationToken),
                selected,
                await selected.ReadAsync(db, now, cancellationToken),
                now),
        });
    }
}
