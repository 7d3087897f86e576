using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using TaskPlatform.EventBus.Dashboard.Http;

namespace TaskPlatform.EventBus.Dashboard.Admin.DeadLetters;

internal static class GetDeadLetter
{
    /// <summary>A dead letter with all that is in it.</summary>
    /// <param name="DeadLetter">What a list shows of it.</param>
    /// <param name="Payload">The event, where it is JSON.</param>
    /// <param name="Raw">The event as it was in the stream.</param>
    /// <param name="Stack">Where it failed.</param>
    /// <param name="Headers">Every other field of the entry.</param>
    public sealed record Response(
        DeadLetterView DeadLetter, JsonElement? Payload, string Raw, string Stack, IReadOnlyDictionary<string, string> Headers);

    public static void Map(IEndpointRouteBuilder deadLetters) => deadLetters.MapGet("/{msg_id}", HandleAsync)
        .WithName(nameof(GetDeadLetter))
        .WithSummary("One dead letter with its event, its error and where it failed")
        .ProducesProblem(StatusCodes.Status404NotFound);

    private static async Task<Results<Ok<Response>, ValidationProblem, ProblemHttpResult>> HandleAsync(
        [FromRoute(Name = "msg_id")] string id, IDeadLetterQueue queue, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors().RequireEntryId(id, "msg_id");
        if (errors.Any)
            return errors.ToProblem();
        if (await queue.FindAsync(id, cancellationToken) is not { } found)
            return NotFound(id);

        return TypedResults.Ok(new Response(DeadLetterView.Of(found.Entry), ReadJson(found.Data), found.Data, found.Stack, found.Headers));
    }

    public static ProblemHttpResult NotFound(string id) => TypedResults.Problem(
        $"There is no dead letter {id}. If there was one, it has been reprocessed or deleted.", statusCode: StatusCodes.Status404NotFound);

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
