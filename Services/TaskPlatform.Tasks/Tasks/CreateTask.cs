using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using TaskPlatform.EventBus.PostgreSql;
using TaskPlatform.ServiceDefaults.Problems;
using TaskPlatform.ServiceDefaults.Tokens;
using TaskPlatform.Tasks.Data;
using TaskPlatform.Tasks.Idempotency;

namespace TaskPlatform.Tasks.Tasks;

internal static class CreateTask
{
    public sealed record Request(string? Title, string? Description, long[]? WorkerIds, DateTimeOffset? DueAt);

    public static void Map(IEndpointRouteBuilder tasks) => tasks.MapPost("", HandleAsync)
        .WithName(nameof(CreateTask))
        .WithSummary("Creates a task")
        .WithDescription("With an Idempotency-Key, repeating the request doesn't create a second task and returns the first response again.")
        .Produces<TaskView>(StatusCodes.Status201Created)
        .ProducesProblem(StatusCodes.Status422UnprocessableEntity);

    private static async Task<Results<StoredResponse, ValidationProblem, ProblemHttpResult>> HandleAsync(
        Request request,
        [FromHeader(Name = IdempotencyStore.Header)] string? idempotencyKey,
        ClaimsPrincipal caller,
        TasksDb db,
        IdempotencyStore idempotency,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var errors = new FieldErrors()
            .RequireTitle(request.Title)
            .RequireDescription(request.Description)
            .RequireWorkers(request.WorkerIds)
            .Require(idempotencyKey is not { Length: > IdempotencyRecord.MaxKeyLength or 0 }, IdempotencyStore.Header, "Must have 1 to 255 characters.");
        if (errors.Any)
            return errors.ToProblem();

        return await idempotency.OnceAsync(caller.UserId, idempotencyKey, request, AddAsync, cancellationToken) switch
        {
            { } response => response,
            null => TypedResults.Problem(
                "This Idempotency-Key was used for a different request.", statusCode: StatusCodes.Status422UnprocessableEntity),
        };

        async Task<StoredResponse> AddAsync()
        {
            var now = time.GetUtcNow();
            var task = new TaskItem
            {
                Title = request.Title!,
                Description = request.Description,
                CreatorId = caller.UserId,
                WorkerIds = TaskRules.Workers(request.WorkerIds),
                DueAt = request.DueAt,
                CreatedAt = now,
                UpdatedAt = now,
            };
            await db.Tasks.AddAsync(task, cancellationToken);
            db.Publish(TaskEvents.Created(task), task.Version, task.UpdatedAt);
            return new StoredResponse(StatusCodes.Status201Created, $"/api/tasks/{task.Id}", task.ETag(), idempotency.Write(TaskView.Of(task)));
        }
    }
}
