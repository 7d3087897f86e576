using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using TaskPlatform.EventBus.Dashboard.Admin;
using TaskPlatform.EventBus.Dashboard.Admin.DeadLetters;
using TaskPlatform.EventBus.Dashboard.Admin.Jobs;
using TaskPlatform.EventBus.Dashboard.Data;

namespace TaskPlatform.EventBus.Dashboard.Console.Pages;

/// <summary>Reprocesses or purges the dead letters that match a filter: first it asks for confirmation, then it starts a job.</summary>
internal static class SweepDeadLetters
{
    public static void Map(IEndpointRouteBuilder console)
    {
        foreach (var kind in new[] { JobKind.Reprocess, JobKind.Purge })
        {
            var path = $"/dead-letters/{NameOf(kind)}";
            console.MapGet(path, (
                    [AsParameters] DeadLetterQuery query, CurrentOperator caller, IDeadLetterQueue queue, CancellationToken cancellationToken)
                => ConfirmAsync(kind, query, caller, queue, problem: null, cancellationToken));
            console.MapPost(path, (
                    HttpContext http, [AsParameters] DeadLetterQuery query, CurrentOperator caller, BulkJobs jobs, IDeadLetterQueue queue,
                    CancellationToken cancellationToken)
                => StartAsync(kind, http, query, caller, jobs, queue, cancellationToken)).WithName($"Console{kind}All");
        }
    }

    public static string NameOf(JobKind kind) => kind == JobKind.Purge ? "purge" : "reprocess";

    private static async Task<IResult> ConfirmAsync(
        JobKind kind, DeadLetterQuery query, CurrentOperator caller, IDeadLetterQueue queue, string? problem, CancellationToken cancellationToken)
    {
        var filter = ShowDeadLetters.Normalize(query.Filter);
        var newest = await queue.FindNewestAsync(cancellationToken);
        var count = newest is null ? 0 : await queue.CountAsync(filter, newest, cancellationToken);
        return new RazorComponentResult<SweepPage>(new { Operator = caller, Kind = kind, Filter = filter, Count = count, Problem = problem })
        {
            StatusCode = problem is null ? StatusCodes.Status200OK : StatusCodes.Status409Conflict,
        };
    }

    private static async Task<IResult> StartAsync(
        JobKind kind, HttpContext http, DeadLetterQuery query, CurrentOperator caller, BulkJobs jobs, IDeadLetterQueue queue,
        CancellationToken cancellationToken)
    {
        var form = await http.Request.ReadFormAsync(cancellationToken);
        var rate = int.TryParse(form["rate"], CultureInfo.InvariantCulture, out var number) && number is >= 0 and <= AdminRules.MaxRate
            ? number
            : BulkJobs.DefaultRate;
        var confirmed = long.TryParse(form["confirm"], CultureInfo.InvariantCulture, out var count) ? count : (long?)null;
        var filter = ShowDeadLetters.Normalize(query.Filter);
        var started = kind == JobKind.Purge
            ? await jobs.PurgeAsync(filter, confirmed, rate, caller, cancellationToken)
            : await jobs.ReprocessAsync(filter, rate, caller, cancellationToken);
        if (started.Job is { } job)
            return TypedResults.LocalRedirect($"/console/jobs/{job.Id}");

        var problem = started.Conflict ?? "The number of dead letters has changed. Check it again.";
        return await ConfirmAsync(kind, query, caller, queue, problem, cancellationToken);
    }
}
