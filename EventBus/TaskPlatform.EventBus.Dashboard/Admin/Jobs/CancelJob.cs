using Microsoft.AspNetCore.Http.HttpResults;
using TaskPlatform.EventBus.Dashboard.Admin.Audit;

namespace TaskPlatform.EventBus.Dashboard.Admin.Jobs;

internal static class CancelJob
{
    public static void Map(IEndpointRouteBuilder jobs) => jobs.MapPost("/{id:guid}/cancel", HandleAsync)
        .WithName(nameof(CancelJob))
        .WithSummary("Ends a job after its current step")
        .WithDescription("What it has done stays done. A job that has ended already stays as it is.")
        .ProducesProblem(StatusCodes.Status404NotFound);

    private static async Task<Results<Ok<JobView>, ProblemHttpResult>> HandleAsync(
        Guid id, JobCancellation cancellation, AuditEntry audit, CancellationToken cancellationToken)
    {
        if (await cancellation.CancelAsync(id, cancellationToken) is not { } job)
            return GetJob.NotFound(id);

        audit.Add($"{job.State} after {job.Done} entries.");
        return TypedResults.Ok(JobView.Of(job));
    }
}
