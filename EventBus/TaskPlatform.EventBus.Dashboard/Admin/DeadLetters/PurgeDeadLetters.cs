using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using TaskPlatform.EventBus.Dashboard.Admin.Jobs;
using TaskPlatform.EventBus.Dashboard.Http;

namespace TaskPlatform.EventBus.Dashboard.Admin.DeadLetters;

internal static class PurgeDeadLetters
{
    public static void Map(IEndpointRouteBuilder deadLetters) => deadLetters.MapDelete("/", HandleAsync)
        .WithName(nameof(PurgeDeadLetters))
        .WithSummary("Permanently deletes the dead letters that match a filter, as a job")
        .WithDescription("Without a filter it deletes every dead letter. confirm must be the number of matching dead letters. If it is missing (400) or wrong (409), nothing is deleted "
            + "and the response contains the number. Of concurrent requests only one is accepted.")
        .ProducesProblem(StatusCodes.Status409Conflict);

    private static async Task<Results<Accepted<JobView>, ValidationProblem, ProblemHttpResult>> HandleAsync(
        [AsParameters] DeadLetterQuery query,
        [Description("The number of dead letters to be deleted.")] long? confirm,
        [Description("The limit in dead letters per second; 0 for no limit. Default 200.")] int? rate,
        BulkJobs jobs,
        CurrentOperator caller,
        CancellationToken cancellationToken)
    {
        var errors = query.Validate(new FieldErrors())
            .RequireRate(rate)
            .Require(confirm is null or >= 0, "confirm", "Must be the number of dead letters to be deleted.");
        if (errors.Any)
            return errors.ToProblem();

        var started = await jobs.PurgeAsync(query.Filter, confirm, rate, caller, cancellationToken);
        if (started.Job is { } job)
            return JobView.Accepted(job);
        if (started.Matching is not { } matching)
            return BulkJobs.ConflictProblem(started);

        var advice = $"The filter matches {matching} dead letters. Repeat the request with confirm={matching}.";
        return confirm is null
            ? errors.Require(false, "confirm", advice).ToProblem()
            : TypedResults.Problem(advice, statusCode: StatusCodes.Status409Conflict);
    }
}
