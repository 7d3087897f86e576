using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.ServiceDefaults.Problems;
using TaskPlatform.ServiceDefaults.Tokens;
using TaskPlatform.Tasks.Data;

namespace TaskPlatform.Tasks.Tasks;

internal static class AssignTask
{
    public sealed record Request(long[]? WorkerIds);

    public static void Map(IEndpointRouteBuilder tasks) => tasks.MapPost("/{id:long}/assign", HandleAsync)
        .WithName(nameof(AssignTask))
        .WithSummary("Assigns workers to a task")
        .WithDescription("Allowed for its creator and for admins. The list replaces the previous one.")
        .ProducesProblem(StatusCodes.Status403Forbidden)
        .ProducesProblem(StatusCodes.Status404NotFound)
        .ProducesProblem(StatusCodes.Status409Conflict)
        .ProducesProblem(StatusCodes.Status412PreconditionFailed);

    private static async Task<Results<Ok<TaskView>, ValidationProblem, ProblemHttpResult>> HandleAsync(
        long id,
        Request request,
        [FromHeader(Name = "If-Match")] string? ifMatch,
        ClaimsPrincipal caller,
        TasksDb db,
        TimeProvider time,
        HttpResponse response,
        CancellationToken cancellationToken)
    {
        var errors = new FieldErrors()
            .Require(request.WorkerIds is not null, "worker_ids", "The list of workers is missing.")
            .RequireWorkers(request.WorkerIds);
        if (errors.Any)
            return errors.ToProblem();

        if (await db.Tasks.FindAsync([id], cancellationToken) is not { } task)
            return TaskAccess.NotFound(id);
        if (task.RefuseChange(caller, ifMatch) is { } refusal)
            return refusal;

        var (before, workers) = (task.WorkerIds, TaskRules.Workers(request.WorkerIds));
        if (!workers.SequenceEqual(before))
        {
            task.WorkerIds = workers;
            task.IncrementVersion(time.GetUtcNow());
            db.Publish(TaskEvents.Assigned(task, before, caller.UserId), task.Version, task.UpdatedAt);
            await db.SaveChangesAsync(cancellationToken);
        }

        response.Headers[HeaderNames.ETag] = task.ETag();
        return TypedResults.Ok(TaskView.Of(task));
    }
}
