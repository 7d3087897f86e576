using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.ServiceDefaults.Tokens;
using TaskPlatform.Tasks.Data;

namespace TaskPlatform.Tasks.Tasks;

internal static class CompleteTask
{
    public static void Map(IEndpointRouteBuilder tasks) => tasks.MapPost("/{id:long}/complete", HandleAsync)
        .WithName(nameof(CompleteTask))
        .WithSummary("Completes a task")
        .WithDescription("Allowed for its workers, its creator and for admins. Repeating it has no effect.")
        .ProducesProblem(StatusCodes.Status403Forbidden)
        .ProducesProblem(StatusCodes.Status404NotFound)
        .ProducesProblem(StatusCodes.Status409Conflict)
        .ProducesProblem(StatusCodes.Status412PreconditionFailed);

    private static async Task<Results<Ok<TaskView>, ProblemHttpResult>> HandleAsync(
        long id,
        [FromHeader(Name = "If-Match")] string? ifMatch,
        ClaimsPrincipal caller,
        TasksDb db,
        TimeProvider time,
        HttpResponse response,
        CancellationToken cancellationToken)
    {
        if (await db.Tasks.FindAsync([id], cancellationToken) is not { } task)
            return TaskAccess.NotFound(id);
        if (task.RefuseCompletion(caller, ifMatch) is { } refusal)
            return refusal;

        if (task.Status != TaskItemStatus.Completed)
        {
            var now = time.GetUtcNow();
            task.SetStatus(TaskItemStatus.Completed, now);
            task.IncrementVersion(now);
            db.Publish(TaskEvents.Completed(task, caller.UserId), task.Version, task.UpdatedAt);
            await db.SaveChangesAsync(cancellationToken);
        }

        response.Headers[HeaderNames.ETag] = task.ETag();
        return TypedResults.Ok(TaskView.Of(task));
    }
}
