using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.EventBus.Dashboard.Data;

namespace TaskPlatform.EventBus.Dashboard.Admin.Jobs;

internal static class GetJob
{
    public static void Map(IEndpointRouteBuilder jobs) => jobs.MapGet("/{id:guid}", HandleAsync)
        .WithName(nameof(GetJob))
        .WithSummary("Returns a job and its progress")
        .ProducesProblem(StatusCodes.Status404NotFound);

    private static async Task<Results<Ok<JobView>, ProblemHttpResult>> HandleAsync(
        Guid id, DashboardDb db, CancellationToken cancellationToken)
        => await db.AdminJobs.AsNoTracking().SingleOrDefaultAsync(job => job.Id == id, cancellationToken) is { } found
            ? TypedResults.Ok(JobView.Of(found))
            : NotFound(id);

    public static ProblemHttpResult NotFound(Guid id)
        => TypedResults.Problem($"There is no job {id}.", statusCode: StatusCodes.Status404NotFound);
}
