using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using TaskPlatform.EventBus.Dashboard.Admin.Audit;
using TaskPlatform.EventBus.Dashboard.Http;

namespace TaskPlatform.EventBus.Dashboard.Admin.DeadLetters;

internal static class SkipDeadLetter
{
    public static void Map(IEndpointRouteBuilder deadLetters) => deadLetters.MapPost("/skip/{msg_id}", HandleAsync)
        .WithName(nameof(SkipDeadLetter))
        .WithSummary("Has the consumer group skip a dead letter")
        .WithDescription(
            "The group records the event as handled without calling its handler. In an ordered group, the events of the aggregate that waited for it follow. "
            + "Repeating the request has no effect and answers 404.")
        .ProducesProblem(StatusCodes.Status404NotFound)
        .ProducesProblem(StatusCodes.Status409Conflict);

    private static async Task<Results<Ok<ReprocessResult>, ValidationProblem, ProblemHttpResult>> HandleAsync(
        [FromRoute(Name = "msg_id")] string id, IDeadLetterQueue queue, AuditEntry audit, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors().RequireEntryId(id, "msg_id", queue.IsId);
        if (errors.Any)
            return errors.ToProblem();

        var result = (await queue.SkipAsync([id], cancellationToken))[0];
        audit.Add($"{id}: {(result.Outcome == ReprocessOutcome.Reprocessed ? "skipped" : result.Outcome)}.");
        return ReprocessDeadLetter.ToResult(id, result);
    }
}
