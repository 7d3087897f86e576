using TaskPlatform.EventBus.Dashboard.Admin.Audit;
using TaskPlatform.EventBus.Dashboard.Admin.Jobs;

namespace TaskPlatform.EventBus.Dashboard.Console.Pages;

internal static class StopJob
{
    public static void Map(IEndpointRouteBuilder console) => console.MapPost("/jobs/{id:guid}/cancel", HandleAsync).WithName("ConsoleCancel");

    private static async Task<IResult> HandleAsync(
        Guid id, CurrentOperator caller, JobCancellation cancellation, AuditEntry audit, CancellationToken cancellationToken)
    {
        if (await cancellation.CancelAsync(id, cancellationToken) is not { } job)
            return ShowJob.NotFound(id, caller);

        audit.Add($"{job.State} after {job.Done} entries.");
        return TypedResults.LocalRedirect($"/console/jobs/{id}");
    }
}
