using Microsoft.AspNetCore.Http.HttpResults;
using TaskPlatform.EventBus;
using TaskPlatform.Notifications.Console.Charts;
using TaskPlatform.Notifications.Console.Parts;
using TaskPlatform.Notifications.Data;

namespace TaskPlatform.Notifications.Console.Pages;

internal static class ShowOverview
{
    public static void Map(IEndpointRouteBuilder console) => console.MapGet("/", HandleAsync);

    private static async Task<RazorComponentResult<OverviewPage>> HandleAsync(
        string? range, CurrentOperator caller, IStreamAdmin streams, IDeadLetterQueue deadLetters, EventCatalog events, NotificationsDb db,
        TimeProvider time, CancellationToken cancellationToken)
    {
        var (chosen, now) = (ChartRange.Find(range), time.GetUtcNow());
        return new(new
        {
            Operator = caller,
            Content = new OverviewContent(
                await streams.DescribeAsync(events.Types, cancellationToken),
                await deadLetters.GroupAsync(DeadLetterFilter.All, cancellationToken),
                await streams.CountScheduledAsync(cancellationToken),
                chosen,
                await chosen.ReadAsync(db, now, cancellationToken),
                now),
        });
    }
}
