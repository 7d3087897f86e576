using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using TaskPlatform.EventBus.Dashboard.Http;

namespace TaskPlatform.EventBus.Dashboard.Admin.Streams;

internal static class PeekEntries
{
    public sealed record Response(IReadOnlyList<StreamEntry> Items, string? Next);

    public static void Map(IEndpointRouteBuilder streams) => streams.MapGet("/{type}/entries", HandleAsync)
        .WithName(nameof(PeekEntries))
        .WithSummary("Lists entries of a stream, newest first, without affecting its groups");

    private static async Task<Results<Ok<Response>, ValidationProblem>> HandleAsync(
        string type,
        [Description("The page size, 1 to 500; 50 by default.")] int? limit,
        [Description("The next of the previous page.")] string? after,
        IStreamAdmin streams,
        CancellationToken cancellationToken)
    {
        var errors = new FieldErrors().RequireEventType(type).RequireLimit(limit).RequireEntryId(after, "after", streams.IsEntryId);
        if (errors.Any)
            return errors.ToProblem();

        var size = limit ?? AdminRules.DefaultSize;
        var found = await streams.EntriesAsync(type, size + 1, after, newestFirst: true, cancellationToken);
        return TypedResults.Ok(new Response([.. found.Take(size)], found.Count > size ? found[size - 1].EntryId : null));
    }
}
