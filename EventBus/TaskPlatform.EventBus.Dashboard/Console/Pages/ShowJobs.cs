using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.EventBus.Dashboard.Data;

namespace TaskPlatform.EventBus.Dashboard.Console.Pages;

internal static class ShowJobs
{
    private const int Shown = 100;

    public static void Map(IEndpointRouteBuilder console) => console.MapGet("/jobs", HandleAsync);

    private static async Task<RazorComponentResult<JobsPage>> HandleAsync(CurrentOperator caller, DashboardDb db, CancellationToken cancellationToken)
        => new(new
        {
            Operator = caller,
            Jobs = await db.AdminJobs.AsNoTracking().OrderByDescending(job => job.Id).Take(Shown).ToListAsync(cancellationToken),
        });
}
