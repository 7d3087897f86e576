using Microsoft.AspNetCore.Http.HttpResults;
using TaskPlatform.EventBus.Dashboard.Admin.Audit;
using TaskPlatform.EventBus.Dashboard.Http;

namespace TaskPlatform.EventBus.Dashboard.Admin.Streams;

internal static class RemoveGroup
{
    // A running consumer would recreate the group at once, from the stream's first entry on.
    private static readonly TimeSpan ActiveWithin = TimeSpan.FromMinutes(1);

    public sealed record Response(string Type, string Group, bool Removed);

    public static void Map(IEndpointRouteBuilder streams) => streams.MapDelete("/{type}/groups/{group}", HandleAsync)
        .WithName(nameof(RemoveGroup))
        .WithSummary("Removes a consumer group from a stream, so that trimming no longer waits for it")
        .WithDescription("For a group that no service runs any more. Answers 409 if one of its consumers was active within the last minute.")
        .ProducesProblem(StatusCodes.Status404NotFound)
        .ProducesProblem(StatusCodes.Status409Conflict);

    private static async Task<Results<Ok<Response>, ValidationProblem, ProblemHttpResult>> HandleAsync(
        string type, string group, IStreamAdmin streams, AuditEntry audit, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors().RequireEventType(type).RequireName(group, "group");
        if (errors.Any)
            return errors.ToProblem();

        var consumers = await streams.ConsumersAsync(type, group, cancellationToken);
        if (consumers.FirstOrDefault(consumer => consumer.Idle < ActiveWithin) is { } active)
        {
            return TypedResults.Problem(
                $"{active.Name} is an active consumer of this group. Stop its service first, and try again after a minute.",
                statusCode: StatusCodes.Status409Conflict);
        }

        var removed = await streams.RemoveGroupAsync(type, group, cancellationToken);
        audit.Add(removed ? "Removed." : "Not found.");
        return removed
            ? TypedResults.Ok(new Response(type, group, true))
            : TypedResults.Problem($"There is no group {group} on the stream of {type}.", statusCode: StatusCodes.Status404NotFound);
    }
}
