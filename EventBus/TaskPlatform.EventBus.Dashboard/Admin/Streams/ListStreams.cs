using Microsoft.AspNetCore.Http.HttpResults;

namespace TaskPlatform.EventBus.Dashboard.Admin.Streams;

internal static class ListStreams
{
    public sealed record Response(IReadOnlyList<StreamView> Items, long Scheduled);

    public static void Map(IEndpointRouteBuilder streams) => streams.MapGet("/", HandleAsync)
        .WithName(nameof(ListStreams))
        .WithSummary("Lists all streams with their groups and lag");

    private static async Task<Ok<Response>> HandleAsync(IStreamAdmin streams, EventCatalog events, Topologies topologies, CancellationToken cancellationToken)
    {
        var found = await streams.DescribeAsync(topologies.StreamsOf(events), cancellationToken);
        return TypedResults.Ok(new Response([.. found.Select(StreamView.Of)], await streams.CountScheduledAsync(cancellationToken)));
    }
}
