using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using TaskPlatform.EventBus.Dashboard.Data;

namespace TaskPlatform.EventBus.Dashboard.Admin.Jobs;

/// <summary>The representation of a job in responses.</summary>
/// <param name="JobId">The job's id.</param>
/// <param name="Kind">reprocess, purge or replay.</param>
/// <param name="State">running, done, cancelled or failed.</param>
/// <param name="Group">The consumer group; * for all.</param>
/// <param name="Parameters">The job's parameters.</param>
/// <param name="Total">The number of entries, if it was known in advance.</param>
/// <param name="Done">The number of entries that were processed.</param>
/// <param name="Refused">The number of entries that could not be processed; they are left unchanged.</param>
/// <param name="Rate">The limit in entries per second; null for no limit.</param>
/// <param name="StartedBy">The e-mail address of the admin who started it.</param>
/// <param name="CreatedAt">When it was started.</param>
/// <param name="FinishedAt">When it ended.</param>
/// <param name="Problem">What it is waiting for, or why it failed.</param>
internal sealed record JobView(
    Guid JobId, JobKind Kind, JobState State, string Group, JsonElement Parameters,
    long? Total, long Done, long Refused, int? Rate, string StartedBy, DateTimeOffset CreatedAt, DateTimeOffset? FinishedAt, string? Problem)
{
    public static JobView Of(AdminJob job) => new(
        job.Id, job.Kind, job.State, job.Group, JsonElement.Parse(job.Parameters), job.Total, job.Done, job.Refused, job.Rate,
        job.Email, job.CreatedAt, job.FinishedAt, job.Problem);

    public static Accepted<JobView> Accepted(AdminJob job) => TypedResults.Accepted($"/admin/jobs/{job.Id}", Of(job));
}
