using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using TaskPlatform.EventBus.Dashboard.Admin.Audit;
using TaskPlatform.EventBus.Dashboard.Http;

namespace TaskPlatform.EventBus.Dashboard.Admin.DeadLetters;

internal static class DeleteDeadLetter
{
    public sealed record Response(string MsgId, bool Deleted);

    public static void Map(IEndpointRouteBuilder deadLetters) => deadLetters.MapDelete("/{msg_id}", HandleAsync)
        .WithName(nameof(DeleteDeadLetter))
        .WithSummary("Permanently deletes a dead letter")
        .ProducesProblem(StatusCodes.Status404NotFound);

    private static async Task<Results<Ok<Response>, ValidationProblem, ProblemHttpResult>> HandleAsync(
        [FromRoute(Name = "msg_id")] string id, IDeadLetterQueue queue, AuditEntry audit, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors().RequireEntryId(id, "msg_id", queue.IsId);
        if (errors.Any)
            return errors.ToProblem();

        var deleted = (await queue.DeleteAsync([id], cancellationToken))[0];
        audit.Add($"{id}: {(deleted ? "deleted" : "not found")}.");
        return deleted ? TypedResults.Ok(new Response(id, true)) : GetDeadLetter.NotFound(id);
    }
}
