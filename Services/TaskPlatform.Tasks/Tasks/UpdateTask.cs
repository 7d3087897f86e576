using System.Security.Claims;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.ServiceDefaults.Problems;
using TaskPlatform.ServiceDefaults.Tokens;
using TaskPlatform.Tasks.Data;

namespace TaskPlatform.Tasks.Tasks;

internal static class UpdateTask
{
    /// <summary>Omitted members stay unchanged; null clears optional members.</summary>
    public sealed record Request
    {
        public string? Title { get; init; }

        public string? Description { get; init { (field, HasDescription) = (value, true); } }

        public string? Status { get; init; }

        public long[]? WorkerIds { get; init; }

        public DateTimeOffset? DueAt { get; init { (field, HasDueAt) = (value, true); } }

        [JsonIgnore]
        public bool HasDescription { get; private init; }

        [JsonIgnore]
        public bool HasDueAt { get; private init; }
    }

    public static void Map(IEndpointRouteBuilder tasks) => tasks.MapPut("/{id:long}", HandleAsync)
        .WithName(nameof(UpdateTask))
        .WithSummary("Changes a task")
        .WithDescription("Allowed for its creator and for admins. Omitted members stay unchanged; null clears description and due_at.")
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
            .RequireTitle(request.Title ?? "kept")
            .RequireDescription(request.Description)
            .RequireWorkers(request.WorkerIds)
            .Require(request.Status is null || TaskItemStatusNames.Contains(request.Status), "status", TaskItemStatusNames.Hint);
        if (errors.Any)
            return errors.ToProblem();

        if (await db.Tasks.FindAsync([id], cancellationToken) is not { } task)
            return TaskAccess.NotFound(id);
        if (task.RefuseChange(caller, ifMatch) is { } refusal)
            return refusal;

        var (workersBefore, statusBefore) = (task.WorkerIds, task.Status);
        var now = time.GetUtcNow();
        var changed = Apply(request, task, now);
        if (changed.Count > 0)
        {
            task.IncrementVersion(now);
            db.Publish(TaskEvents.Updated(task, changed, caller.UserId), task.Version, task.UpdatedAt);
            if (task.WorkerIds != workersBefore)
            {
                task.IncrementVersion(now);
                db.Publish(TaskEvents.Assigned(task, workersBefore, caller.UserId), task.Version, task.UpdatedAt);
            }

            if (task.Status != statusBefore && task.Status == TaskItemStatus.Completed)
            {
                task.IncrementVersion(now);
                db.Publish(TaskEvents.Completed(task, caller.UserId), task.Version, task.UpdatedAt);
            }

            await db.SaveChangesAsync(cancellationToken);
        }

        response.Headers[HeaderNames.ETag] = task.ETag();
        return TypedResults.Ok(TaskView.Of(task));
    }

    /// <summary>Changes the task as requested.</summary>
    /// <returns>The names of the changed members, as on the wire.</returns>
    internal static List<string> Apply(Request request, TaskItem task, DateTimeOffset now)
    {
        List<string> changed = [];
        if (request.Title is { } title && title != task.Title)
        {
            task.Title = title;
            changed.Add("title");
        }

        if (request.HasDescription && request.Description != task.Description)
        {
            task.Description = request.Description;
            changed.Add("description");
        }

        if (request.Status is { } name && TaskItemStatusNames.Parse(name) is var status && status != task.Status)
        {
            task.SetStatus(status, now);
            changed.Add("status");
        }

        if (request.HasDueAt && request.DueAt != task.DueAt)
        {
            task.DueAt = request.DueAt;
            changed.Add("due_at");
        }

        if (request.WorkerIds is not null && TaskRules.Workers(request.WorkerIds) is var workers && !workers.SequenceEqual(task.WorkerIds))
        {
            task.WorkerIds = workers;
            changed.Add("worker_ids");
        }

        return changed;
    }
}
