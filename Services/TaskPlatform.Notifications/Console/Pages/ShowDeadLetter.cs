using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using TaskPlatform.EventBus;
using TaskPlatform.Notifications.Console.Parts;

namespace TaskPlatform.Notifications.Console.Pages;

internal static class ShowDeadLetter
{
    public static void Map(IEndpointRouteBuilder console) => console.MapGet("/dead-letters/{id}", HandleAsync);

    private static async Task<Results<RazorComponentResult<LetterPage>, RazorComponentResult<MissingPage>>> HandleAsync(
        string id, Viewer viewer, IDeadLetterQueue queue, IOptions<ConsoleOptions> options, CancellationToken cancellationToken)
        => EntryId.TryParse(id, out _) && await queue.FindAsync(id, cancellationToken) is { } found
            ? new RazorComponentResult<LetterPage>(new
            {
                Viewer = viewer,
                Details = found,
                TraceLink = options.Value.TraceLink(found.Letter.TraceId),
            })
            : Missing(id, viewer);

    public static RazorComponentResult<MissingPage> NotDone(string id, ReprocessOutcome outcome, Viewer viewer) => outcome switch
    {
        ReprocessOutcome.Gone => Missing(id, viewer),
        ReprocessOutcome.NoGroup => Refused("Its group is not there, so nobody would read it. The letter stays.", viewer),
        _ => Refused("It names no stream of events, so there is nowhere to put it. The letter stays.", viewer),
    };

    private static RazorComponentResult<MissingPage> Refused(string why, Viewer viewer)
        => new(new { Viewer = viewer, What = why }) { StatusCode = StatusCodes.Status409Conflict };

    public static RazorComponentResult<MissingPage> Missing(string id, Viewer viewer)
        => new(new { Viewer = viewer, What = $"There is no dead letter {id}. If there was one, it has been reprocessed or deleted." })
        {
            StatusCode = StatusCodes.Status404NotFound,
        };
}
