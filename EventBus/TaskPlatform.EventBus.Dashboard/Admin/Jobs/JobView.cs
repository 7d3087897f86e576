using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using TaskPlatform.EventBus.Dashboard.Data;

namespace TaskPlatform.EventBus.Dashboard.Admin.Jobs;

/// <summary>A job as an operator sees it.</summary>
/// <param name="JobId">Its id.</param>
/// <param name="Kind">reprocess, purge or replay.</param>
/// <param name="State">running, done, cancelled or failed.</param>
/// <param name="Group">The consumer group it is about; * for all.</param>
/// <param name="Parameters">What it works on.</param>
/// <param name="Total">How many entries it is about, where that could be told beforehand.</param>
/// <param name="Done">How many are done.</param>
/// <param name="Refused">How many could not be worked on; they stay.</param>
/// <param name="Rate">Entries a second; null: no limit.</param>
/// <param name="StartedBy">The admin's e-mail address.</param>
/// <param name="CreatedAt">When it was started.</param>
/// <param name="FinishedAt">When it ended.</param>
/// <param name="Problem">What it waits for, or failed of.</param>
internal sealed record JobView(
    Guid JobId, JobKind Kind, JobState State, string Group, JsonElement Parameters,
    long? Total, long Done, long Refused, int? Rate, string StartedBy, DateTimeOffset CreatedAt, DateTimeOffset? FinishedAt, string? Problem)
{
    public static JobView Of(AdminJob job) => new(
        job.Id, job.Kind, job.State, job.Group, JsonElement.Parse(job.Parameters), job.Total, job.Done, job.Refused, job.Rate,
        job.Email, job.CreatedAt, job.FinishedAt, job.Problem);

    public static Accepted<JobView> Accepted(AdminJob job) => TypedResults.Accepted($"/admin/jobs/{job.Id}", Of(job));
}
