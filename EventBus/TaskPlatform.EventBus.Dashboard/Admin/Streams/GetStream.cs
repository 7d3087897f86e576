using Microsoft.AspNetCore.Http.HttpResults;
using TaskPlatform.EventBus.Dashboard.Http;

namespace TaskPlatform.EventBus.Dashboard.Admin.Streams;

internal static class GetStream
{
    /// <summary>A consumer of a group.</summary>
    public sealed record Consumer(string Group, string Name, long Pending, double IdleSeconds);

    public sealed record Response(StreamView Stream, IReadOnlyList<Consumer> Consumers);

    public static void Map(IEndpointRouteBuilder streams) => streams.MapGet("/{type}", HandleAsync)
        .WithName(nameof(GetStream))
        .WithSummary("Returns a stream with its groups and their consumers")
        .ProducesProblem(StatusCodes.Status404NotFound);

    private static async Task<Results<Ok<Response>, ValidationProblem, ProblemHttpResult>> HandleAsync(
        string type, IStreamAdmin streams, CancellationToken cancellationToken)
    {
        var errors = new FieldErrors().RequireEventType(type);
        if (errors.Any)
            return errors.ToProblem();

        var stream = (await streams.DescribeAsync([type], cancellationToken))[0];
        if (!stream.Exists)
            return NotFound(type);

        var consumers = new List<Consumer>();
        foreach (var group in stream.Groups)
        {
            var found = await streams.ConsumersAsync(type, group.Name, cancellationToken);
            consumers.AddRange(found.Select(consumer => new Consumer(group.Name, consumer.Name, consumer.Pending, consumer.Idle.TotalSeconds)));
        }

        return TypedResults.Ok(new Response(StreamView.Of(stream), consumers));
    }

    public static ProblemHttpResult NotFound(string type)
        => TypedResults.Problem($"There is no stream of {type}.", statusCode: StatusCodes.Status404NotFound);
}
