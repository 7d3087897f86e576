using TaskPlatform.EventBus.Dashboard.Admin.Audit;

namespace TaskPlatform.EventBus.Dashboard.Console.Pages;

internal static class ActOnDeadLetter
{
    public static void Map(IEndpointRouteBuilder console)
    {
        console.MapPost("/dead-letters/{id}/reprocess", ReprocessAsync).WithName("ConsoleReprocess");
        console.MapPost("/dead-letters/{id}/delete", DeleteAsync).WithName("ConsoleDelete");
    }

    private static async Task<IResult> ReprocessAsync(
        string id, CurrentOperator caller, IDeadLetterQueue queue, AuditEntry audit, CancellationToken cancellationToken)
    {
        if (!queue.IsId(id))
            return ShowDeadLetter.NotFound(id, caller);

        var result = (await queue.ReprocessAsync([id], cancellationToken))[0];
        audit.Add($"{id}: {result.Outcome}.");
        return result.Outcome == ReprocessOutcome.Reprocessed
            ? TypedResults.LocalRedirect("/console/dead-letters")
            : ShowDeadLetter.NotReprocessed(id, result.Outcome, caller);
    }

    private static async Task<IResult> DeleteAsync(
        string id, CurrentOperator caller, IDeadLetterQueue queue, AuditEntry audit, CancellationToken cancellationToken)
    {
        if (!queue.IsId(id) || !(await queue.DeleteAsync([id], cancellationToken))[0])
            return ShowDeadLetter.NotFound(id, caller);

        audit.Add($"{id}: deleted.");
        return TypedResults.LocalRedirect("/console/dead-letters");
    }
}
