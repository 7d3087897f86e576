using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using TaskPlatform.EventBus.Dashboard.Http;

namespace TaskPlatform.EventBus.Dashboard.Admin.DeadLetters;

internal static class GetDeadLetter
{
    /// <summary>A dead letter with all its data.</summary>
    /// <param name="DeadLetter">The summary that lists contain.</param>
    /// <param name="Payload">The event, if it is JSON.</param>
    /// <param name="Raw">The event as it was in the stream.</param>
    /// <param name="Stack">The stack trace of the exception.</param>
    /// <param name="Headers">All other fields of the entry.</param>
    public sealed record Response(
        DeadLetterView DeadLetter, JsonElement? Payload, string Raw, string Stack, IReadOnlyDictionary<string, string> Headers);

    public static void Map(IEndpointRouteBuilder deadLetters) => deadLetters.MapGet("/{msg_id}", HandleAsync)
        .WithName(nameof(GetDeadLetter))
        .WithSummary("Returns a dead letter with its event, its error and the stack trace")
        .ProducesProblem(StatusCodes.Status404NotFound);

    private static async Task<Results<Ok<Response>, ValidationProblem, ProblemHttpResult>> HandleAsync(
        [FromRoute(Name = "msg_id")] string id, IDeadLetterQueue queue, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors().RequireEntryId(id, "msg_id", queue.IsId);
        if (errors.Any)
            return errors.ToProblem();
        if (await queue.FindAsync(id, cancellationToken) is not { } found)
            return NotFound(id);

        return TypedResults.Ok(new Response(DeadLetterView.Of(found.Entry), ReadJson(found.Data), found.Data, found.Stack, found.Headers));
    }

    public static ProblemHttpResult NotFound(string id) => TypedResults.Problem(
        $"There is no dead letter {id}. It may have been reprocessed or deleted.", statusCode: StatusCodes.Status404NotFound);

    private static JsonElement? ReadJson(string text)
    {
        try
        {
            return JsonElement.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
