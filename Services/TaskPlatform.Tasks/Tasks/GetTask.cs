using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Net.Http.Headers;
using TaskPlatform.Tasks.Data;

namespace TaskPlatform.Tasks.Tasks;

internal static class GetTask
{
    public static void Map(IEndpointRouteBuilder tasks) => tasks.MapGet("/{id:long}", HandleAsync)
        .WithName(nameof(GetTask))
        .WithSummary("Returns a task, as it is now or as of a point in time")
        .ProducesValidationProblem()
        .ProducesProblem(StatusCodes.Status404NotFound);

    private static async Task<Results<Ok<TaskView>, ProblemHttpResult>> HandleAsync(
        long id, DateTimeOffset? at, TasksDb db, HttpResponse response, CancellationToken cancellationToken)
    {
        var view = at is { } time
            ? await TaskAsOf.FindAsync(db, id, time, cancellationToken)
            : await db.Tasks.AsNoTracking().SingleOrDefaultAsync(e => e.Id == id, cancellationToken) is { } task ? TaskView.Of(task) : null;
        if (view is null)
            return TaskAccess.NotFound(id);

        if (at is null)
            response.Headers[HeaderNames.ETag] = TaskAccess.ETag(view.Version);
        return TypedResults.Ok(view);
    }
}
