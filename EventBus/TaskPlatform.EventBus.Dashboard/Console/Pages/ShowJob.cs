using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.EventBus.Dashboard.Data;

namespace TaskPlatform.EventBus.Dashboard.Console.Pages;

internal static class ShowJob
{
    public static void Map(IEndpointRouteBuilder console) => console.MapGet("/jobs/{id:guid}", HandleAsync);

    private static async Task<Results<RazorComponentResult<JobPage>, RazorComponentResult<NotFoundPage>>> HandleAsync(
        Guid id, CurrentOperator caller, DashboardDb db, CancellationToken cancellationToken)
        => await db.AdminJobs.AsNoTracking().SingleOrDefaultAsync(job => job.Id == id, cancellationToken) is { } found
            ? new RazorComponentResult<JobPage>(new { Operator = caller, Job = found })
            : NotFound(id, caller);

    public static RazorComponentResult<NotFoundPage> NotFound(Guid id, CurrentOperator caller)
        => new(new { Operator = caller, What = $"There is no job {id}." }) { StatusCode = StatusCodes.Status404NotFound };
}
