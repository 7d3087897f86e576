using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.ServiceDefaults.Paging;
using TaskPlatform.ServiceDefaults.Problems;
using TaskPlatform.Tasks.Data;

namespace TaskPlatform.Tasks.Tasks;

internal static class ListTasks
{
    public static void Map(IEndpointRouteBuilder tasks) => tasks.MapGet("", HandleAsync)
        .WithName(nameof(ListTasks))
        .WithSummary("Lists tasks, newest first");

    private static async Task<Results<Ok<Page<TaskView>>, ValidationProblem>> HandleAsync(
        [FromQuery(Name = "status"), Description("open, in_progress or completed.")] string? status,
        [FromQuery(Name = "worker_id")] long? workerId,
        [FromQuery(Name = "creator_id")] long? creatorId,
        [AsParameters] PageQuery page,
        TasksDb db,
        CancellationToken cancellationToken)
    {
        var errors = new FieldErrors().Require(status is null || TaskItemStatusNames.Contains(status), "status", TaskItemStatusNames.Hint);
        if (page.Validate(errors).Any)
            return errors.ToProblem();

        var query = db.Tasks.AsNoTracking();
        if (status is not null)
        {
            var parsed = TaskItemStatusNames.Parse(status);
            query = query.Where(task => task.Status == parsed);
        }

        if (workerId is { } worker)
        {
            // EF translates this to "worker_ids @> …", which can use the GIN index.
            long[] workerIds = [worker];
            query = query.Where(task => workerIds.All(id => task.WorkerIds.Contains(id)));
        }

        if (creatorId is { } creator)
            query = query.Where(task => task.CreatorId == creator);
        if (page.After is { } after)
            query = query.Where(task => task.Id < after);

        var rows = await query.OrderByDescending(task => task.Id).Take(page.Rows).ToListAsync(cancellationToken);
        return TypedResults.Ok(page.ToPage(rows, task => task.Id, TaskView.Of));
    }
}
