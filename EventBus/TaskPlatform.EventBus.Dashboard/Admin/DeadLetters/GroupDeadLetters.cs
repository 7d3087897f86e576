using Microsoft.AspNetCore.Http.HttpResults;
using TaskPlatform.EventBus.Dashboard.Http;

namespace TaskPlatform.EventBus.Dashboard.Admin.DeadLetters;

internal static class GroupDeadLetters
{
    public sealed record Response(IReadOnlyList<DeadLetterGroup> Items, long Count);

    public static void Map(IEndpointRouteBuilder deadLetters) => deadLetters.MapGet("/groups", HandleAsync)
        .WithName(nameof(GroupDeadLetters))
        .WithSummary("Counts dead letters by type, group and exception");

    private static async Task<Results<Ok<Response>, ValidationProblem>> HandleAsync(
        [AsParameters] DeadLetterQuery query, IDeadLetterQueue queue, CancellationToken cancellationToken)
    {
        var errors = query.Validate(new FieldErrors());
        if (errors.Any)
            return errors.ToProblem();

        var groups = await queue.GroupAsync(query.Filter, cancellationToken);
        return TypedResults.Ok(new Response(groups, groups.Sum(group => group.Count)));
    }
}
