using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.ServiceDefaults.Tokens;
using TaskPlatform.Tasks.Data;

namespace TaskPlatform.Tasks.Tasks;

internal static class DeleteTask
{
    public static void Map(IEndpointRouteBuilder tasks) => tasks.MapDelete("/{id:long}", HandleAsync)
        .WithName(nameof(DeleteTask))
        .WithSummary("Deletes a task")
        .WithDescription("Allowed for its creator and for admins. Its history is kept.")
        .ProducesProblem(StatusCodes.Status403Forbidden)
        .ProducesProblem(StatusCodes.Status404NotFound)
        .ProducesProblem(StatusCodes.Status409Conflict)
        .ProducesProblem(StatusCodes.Status412PreconditionFailed);

    private static async Task<Results<NoContent, ProblemHttpResult>> HandleAsync(
        long id,
        [FromHeader(Name = "If-Match")] string? ifMatch,
        ClaimsPrincipal caller,
        TasksDb db,
        CancellationToken cancellationToken)
    {
        if (await db.Tasks.FindAsync([id], cancellationToken) is not { } task)
            return TaskAccess.NotFound(id);
        if (task.RefuseChange(caller, ifMatch) is { } refusal)
            return refusal;

        db.Tasks.Remove(task);
        db.Publish(TaskEvents.Deleted(task, caller.UserId), task.Version + 1);
        await db.SaveChangesAsync(cancellationToken);
        return TypedResults.NoContent();
    }
}
