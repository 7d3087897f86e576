using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace TaskPlatform.EventBus.Dashboard.Console.Pages;

internal static class ShowDeadLetter
{
    public static void Map(IEndpointRouteBuilder console) => console.MapGet("/dead-letters/{id}", HandleAsync);

    private static async Task<Results<RazorComponentResult<DeadLetterDetailsPage>, RazorComponentResult<NotFoundPage>>> HandleAsync(
        string id, CurrentOperator caller, IDeadLetterQueue queue, IOptions<ConsoleOptions> options, CancellationToken cancellationToken)
        => queue.IsId(id) && await queue.FindAsync(id, cancellationToken) is { } found
            ? new RazorComponentResult<DeadLetterDetailsPage>(new
            {
                Operator = caller,
                Details = found,
                TraceLink = options.Value.TraceLink(found.Entry.TraceId),
            })
            : NotFound(id, caller);

    public static RazorComponentResult<NotFoundPage> NotReprocessed(string id, ReprocessOutcome outcome, CurrentOperator caller) => outcome switch
    {
        ReprocessOutcome.Gone => NotFound(id, caller),
        ReprocessOutcome.NoGroup => Refused("Its consumer group does not exist, so the event would not be read. The dead letter stays in the queue.", caller),
        _ => Refused("It names no event stream. The dead letter stays in the queue.", caller),
    };

    private static RazorComponentResult<NotFoundPage> Refused(string why, CurrentOperator caller)
        => new(new { Operator = caller, What = why }) { StatusCode = StatusCodes.Status409Conflict };

    public static RazorComponentResult<NotFoundPage> NotFound(string id, CurrentOperator caller)
        => new(new { Operator = caller, What = $"There is no dead letter {id}. It may have been reprocessed or deleted." })
        {
            StatusCode = StatusCodes.Status404NotFound,
        };
}
