using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.Notifications.Console.Parts;
using TaskPlatform.Notifications.Data;

namespace TaskPlatform.Notifications.Console.Pages;

internal static class ShowJobs
{
    private const int Shown = 100;

    public static void Map(IEndpointRouteBuilder console) => console.MapGet("/jobs", HandleAsync);

    private static async Task<RazorComponentResult<JobsPage>> HandleAsync(CurrentOperator caller, NotificationsDb db, CancellationToken cancellationToken)
        => new(new
        {
            Operator = caller,
            Jobs = await db.AdminJobs.AsNoTracking().OrderByDescending(job => job.Id).Take(Shown).ToListAsync(cancellationToken),
        });
}
