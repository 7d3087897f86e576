using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using TaskPlatform.EventBus.Dashboard.Http;

namespace TaskPlatform.EventBus.Dashboard.Admin.DeadLetters;

internal static class ListDeadLetters
{
    public sealed record Response(IReadOnlyList<DeadLetterView> Items, string? Next);

    public static void Map(IEndpointRouteBuilder deadLetters) => deadLetters.MapGet("/", HandleAsync)
        .WithName(nameof(ListDeadLetters))
        .WithSummary("Lists dead letters, newest first");

    private static async Task<Results<Ok<Response>, ValidationProblem>> HandleAsync(
        [AsParameters] DeadLetterQuery query,
        [Description("The page size, 1 to 500; 50 by default.")] int? limit,
        [Description("The next of the previous page.")] string? after,
        IDeadLetterQueue queue,
        CancellationToken cancellationToken)
    {
        var errors = query.Validate(new FieldErrors()).RequireLimit(limit).RequireEntryId(after, "after", queue.IsId);
        if (errors.Any)
            return errors.ToProblem();

        var page = await queue.ListAsync(query.Filter, limit ?? AdminRules.DefaultSize, after, cancellationToken);
        return TypedResults.Ok(new Response([.. page.Items.Select(DeadLetterView.Of)], page.Next));
    }
}
