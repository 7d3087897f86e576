using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using TaskPlatform.EventBus.Dashboard.Http;

namespace TaskPlatform.EventBus.Dashboard.Admin.Streams;

internal static class ListPending
{
    /// <summary>An entry that a group has read but not acknowledged.</summary>
    public sealed record Item(string EntryId, string Consumer, double IdleSeconds, long Deliveries);

    public sealed record Response(IReadOnlyList<Item> Items, string? Next);

    public static void Map(IEndpointRouteBuilder streams) => streams.MapGet("/{type}/groups/{group}/pending", HandleAsync)
        .WithName(nameof(ListPending))
        .WithSummary("Lists the pending entries of a group with their consumers and idle times");

    private static async Task<Results<Ok<Response>, ValidationProblem>> HandleAsync(
        string type,
        string group,
        [Description("The page size, 1 to 500; 50 by default.")] int? limit,
        [Description("The next of the previous page.")] string? after,
        IStreamAdmin streams,
        CancellationToken cancellationToken)
    {
        var errors = new FieldErrors().RequireEventType(type).RequireName(group, "group").RequireLimit(limit).RequireEntryId(after, "after", streams.IsEntryId);
        if (errors.Any)
            return errors.ToProblem();

        var size = limit ?? AdminRules.DefaultSize;
        var found = await streams.PendingAsync(type, group, size + 1, after, cancellationToken);
        var items = found.Take(size).Select(entry => new Item(entry.EntryId, entry.Consumer, entry.Idle.TotalSeconds, entry.Deliveries));
        return TypedResults.Ok(new Response([.. items], found.Count > size ? found[size - 1].EntryId : null));
    }
}
