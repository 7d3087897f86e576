using Microsoft.AspNetCore.Http.HttpResults;
using TaskPlatform.EventBus.Dashboard.Admin.Audit;

namespace TaskPlatform.EventBus.Dashboard.Admin.Jobs;

internal static class CancelJob
{
    public static void Map(IEndpointRouteBuilder jobs) => jobs.MapPost("/{id:guid}/cancel", HandleAsync)
        .WithName(nameof(CancelJob))
        .WithSummary("Cancels a job after its current step")
        .WithDescription("Completed work is not undone. A job that has already ended is left unchanged.")
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
