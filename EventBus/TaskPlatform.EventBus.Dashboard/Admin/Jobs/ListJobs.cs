using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.EventBus.Dashboard.Data;
using TaskPlatform.EventBus.Dashboard.Http;

namespace TaskPlatform.EventBus.Dashboard.Admin.Jobs;

internal static class ListJobs
{
    public sealed record Response(IReadOnlyList<JobView> Items, Guid? Next);

    public static void Map(IEndpointRouteBuilder jobs) => jobs.MapGet("/", HandleAsync)
        .WithName(nameof(ListJobs))
        .WithSummary("Lists jobs, the newest first");

    private static async Task<Results<Ok<Response>, ValidationProblem>> HandleAsync(
        [Description("How many items, 1 to 500; 50 by default.")] int? limit,
        [Description("The next of the page before.")] Guid? after,
        DashboardDb db,
        CancellationToken cancellationToken)
    {
        var errors = new FieldErrors().RequireLimit(limit);
        if (errors.Any)
            return errors.ToProblem();

        // Ids begin with the time, so their order is that of the jobs.
        var size = limit ?? AdminRules.DefaultSize;
        var query = db.AdminJobs.AsNoTracking();
        if (after is { } last)
            query = query.Where(job => job.Id < last);
        var rows = await query.OrderByDescending(job => job.Id).Take(size + 1).ToListAsync(cancellationToken);
        return TypedResults.Ok(new Response([.. rows.Take(size).Select(JobView.Of)], rows.Count > size ? rows[size - 1].Id : null));
    }
}
