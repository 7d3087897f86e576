using Microsoft.AspNetCore.Http.HttpResults;
using TaskPlatform.EventBus.Dashboard.Admin.Jobs;

namespace TaskPlatform.EventBus.Dashboard.Admin.Streams;

internal static class ReplayEvents
{
    public static void Map(IEndpointRouteBuilder streams) => streams.MapPost("/{type}/replay", HandleAsync)
        .WithName(nameof(ReplayEvents))
        .WithSummary("Replays past events to a group, as a job")
        .WithDescription("Events come from the stream, or, if it no longer has them, from the log of the service that published them.")
        .ProducesProblem(StatusCodes.Status404NotFound)
        .ProducesProblem(StatusCodes.Status409Conflict);

    private static async Task<Results<Accepted<JobView>, ValidationProblem, ProblemHttpResult>> HandleAsync(
        string type, ReplayStart.Request request, ReplayStart replays, CurrentOperator caller, CancellationToken cancellationToken)
        => await replays.StartAsync(type, request, caller, cancellationToken) switch
        {
            { Job: { } job } => JobView.Accepted(job),
            { Errors: { } errors } => errors.ToProblem(),
            { Conflicting: { } other } => BulkJobs.ConflictProblem(other),
            _ => GetStream.NotFound(type),
        };
}
