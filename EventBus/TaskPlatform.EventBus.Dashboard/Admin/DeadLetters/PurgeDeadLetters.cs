using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using TaskPlatform.EventBus.Dashboard.Admin.Jobs;
using TaskPlatform.EventBus.Dashboard.Http;

namespace TaskPlatform.EventBus.Dashboard.Admin.DeadLetters;

internal static class PurgeDeadLetters
{
    public static void Map(IEndpointRouteBuilder deadLetters) => deadLetters.MapDelete("/", HandleAsync)
        .WithName(nameof(PurgeDeadLetters))
        .WithSummary("Deletes the dead letters of a filter for good, as a job")
        .WithDescription("With no filter: every dead letter. Nothing happens unless confirm says how many there are: without it the answer, 400, does, and so does "
            + "that to another number, 409. Of requests at the same moment one is accepted.")
        .ProducesProblem(StatusCodes.Status409Conflict);

    private static async Task<Results<Accepted<JobView>, ValidationProblem, ProblemHttpResult>> HandleAsync(
        [AsParameters] DeadLetterQuery query,
        [Description("How many dead letters you mean to delete.")] long? confirm,
        [Description("Dead letters a second; 0: no limit. Default 200.")] int? rate,
        BulkJobs jobs,
        CurrentOperator caller,
        CancellationToken cancellationToken)
    {
        var errors = query.Validate(new FieldErrors())
            .RequireRate(rate)
            .Require(confirm is null or >= 0, "confirm", "Must be the number of dead letters that you mean to delete.");
        if (errors.Any)
            return errors.ToProblem();

        var started = await jobs.PurgeAsync(query.Filter, confirm, rate, caller, cancellationToken);
        if (started.Job is { } job)
            return JobView.Accepted(job);
        if (started.Matching is not { } matching)
            return BulkJobs.ConflictProblem(started);

        var advice = $"There are {matching} such dead letters: repeat the request with confirm={matching}.";
        return confirm is null
            ? errors.Require(false, "confirm", advice).ToProblem()
            : TypedResults.Problem(advice, statusCode: StatusCodes.Status409Conflict);
    }
}
