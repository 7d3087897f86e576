using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using TaskPlatform.EventBus.Dashboard.Admin.Audit;
using TaskPlatform.EventBus.Dashboard.Http;

namespace TaskPlatform.EventBus.Dashboard.Admin.DeadLetters;

internal static class ReprocessDeadLetter
{
    public static void Map(IEndpointRouteBuilder deadLetters) => deadLetters.MapPost("/reprocess/{msg_id}", HandleAsync)
        .WithName(nameof(ReprocessDeadLetter))
        .WithSummary("Sends a dead letter back to its consumer group")
        .WithDescription("The event is added to the end of its stream as a first delivery for that group only. Repeating the request has no effect and answers 404.")
        .ProducesProblem(StatusCodes.Status404NotFound)
        .ProducesProblem(StatusCodes.Status409Conflict);

    private static async Task<Results<Ok<ReprocessResult>, ValidationProblem, ProblemHttpResult>> HandleAsync(
        [FromRoute(Name = "msg_id")] string id, IDeadLetterQueue queue, AuditEntry audit, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors().RequireEntryId(id, "msg_id", queue.IsId);
        if (errors.Any)
            return errors.ToProblem();

        var result = (await queue.ReprocessAsync([id], cancellationToken))[0];
        audit.Add($"{id}: {result.Outcome}.");
        return ToResult(id, result);
    }

    public static Results<Ok<ReprocessResult>, ValidationProblem, ProblemHttpResult> ToResult(string id, ReprocessResult result) => result.Outcome switch
    {
        ReprocessOutcome.Reprocessed => TypedResults.Ok(result),
        ReprocessOutcome.Gone => GetDeadLetter.NotFound(id),
        ReprocessOutcome.NoGroup => Conflict("Its consumer group does not exist, so the event would not be read. Nothing was changed."),
        _ => Conflict("It names no event stream. Nothing was changed."),
    };

    private static ProblemHttpResult Conflict(string why) => TypedResults.Problem(why, statusCode: StatusCodes.Status409Conflict);
}
