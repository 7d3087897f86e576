using Microsoft.AspNetCore.Http.HttpResults;
using TaskPlatform.EventBus.Dashboard.Admin.Audit;
using TaskPlatform.EventBus.Dashboard.Admin.Jobs;
using TaskPlatform.EventBus.Dashboard.Http;

namespace TaskPlatform.EventBus.Dashboard.Admin.DeadLetters;

internal static class ReprocessDeadLetters
{
    private const int MaxIds = 500;

    /// <summary>Either ids or a filter. An empty filter means every dead letter.</summary>
    /// <param name="Ids">The ids of up to 500 dead letters.</param>
    /// <param name="Type">The event type.</param>
    /// <param name="Group">The consumer group.</param>
    /// <param name="Reason">The reason.</param>
    /// <param name="Exception">The exception's full type name.</param>
    /// <param name="From">Failed at this time or later.</param>
    /// <param name="To">Failed before this time.</param>
    /// <param name="Rate">The limit in dead letters per second; 0 for no limit. Default 200.</param>
    public sealed record Request(
        string[]? Ids, string? Type, string? Group, string? Reason, string? Exception, DateTimeOffset? From, DateTimeOffset? To, int? Rate)
    {
        public DeadLetterFilter Filter => new() { Type = Type, Group = Group, Reason = Reason, Exception = Exception, From = From, To = To };
    }

    public sealed record Response(int Reprocessed, IReadOnlyList<ReprocessResult> Results);

    public static void Map(IEndpointRouteBuilder deadLetters) => deadLetters.MapPost("/reprocess", HandleAsync)
        .WithName(nameof(ReprocessDeadLetters))
        .WithSummary("Sends dead letters back to their consumer groups: immediately if ids are given, as a job if a filter is given")
        .ProducesProblem(StatusCodes.Status409Conflict);

    private static async Task<Results<Ok<Response>, Accepted<JobView>, ValidationProblem, ProblemHttpResult>> HandleAsync(
        Request request, IDeadLetterQueue queue, BulkJobs jobs, CurrentOperator caller, AuditEntry audit, CancellationToken cancellationToken)
    {
        var errors = DeadLetterQuery.Validate(new FieldErrors(), request.Filter)
            .RequireRate(request.Rate)
            .Require(request.Ids is not { Length: 0 or > MaxIds }, "ids", $"Must contain 1 to {MaxIds} ids.")
            .Require(request.Ids is null || request.Filter == DeadLetterFilter.All, "ids", "Specify either ids or a filter.");
        foreach (var id in request.Ids ?? [])
            errors.Require(queue.IsId(id), "ids", "Must contain entry ids, for example 1735689600000-0.");
        if (errors.Any)
            return errors.ToProblem();

        if (request.Ids is null)
        {
            var started = await jobs.ReprocessAsync(request.Filter, request.Rate, caller, cancellationToken);
            return started.Job is { } job ? JobView.Accepted(job) : BulkJobs.ConflictProblem(started);
        }

        var results = await queue.ReprocessAsync(request.Ids, cancellationToken);
        var done = results.Count(result => result.Outcome == ReprocessOutcome.Reprocessed);
        audit.Add($"{string.Join(", ", request.Ids)}: {done} of {results.Count} reprocessed.");
        return TypedResults.Ok(new Response(done, results));
    }
}
