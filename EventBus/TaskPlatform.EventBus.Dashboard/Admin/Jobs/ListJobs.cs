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
        .WithSummary("Lists jobs, newest first");

    private static async Task<Results<Ok<Response>, ValidationProblem>> HandleAsync(
        [Description("The page size, 1 to 500; 50 by default.")] int? limit,
        [Description("The next of the previous page.")] Guid? after,
        DashboardDb db,
        CancellationToken cancellationToken)
    {
        var errors = new FieldErrors().RequireLimit(limit);
        if (errors.Any)
            return errors.ToProblem();

        // Ids are time-ordered, so ordering by id orders by creation.
        var size = limit ?? AdminRules.DefaultSize;
        var query = db.AdminJobs.AsNoTracking();
        if (after is { } last)
            query = query.Where(job => job.Id < last);
        var rows = await query.OrderByDescending(job => job.Id).Take(size + 1).ToListAsync(cancellationToken);
        return TypedResults.Ok(new Response([.. rows.Take(size).Select(JobView.Of)], rows.Count > size ? rows[size - 1].Id : null));
    }
}
