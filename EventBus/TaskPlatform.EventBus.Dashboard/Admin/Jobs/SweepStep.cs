using TaskPlatform.EventBus.Dashboard.Data;

namespace TaskPlatform.EventBus.Dashboard.Admin.Jobs;

/// <summary>One step of a job that reprocesses or purges dead letters.</summary>
internal sealed class SweepStep(IDeadLetterQueue queue, TimeProvider time)
{
    private const int PageSize = 500;

    public async Task RunAsync(AdminJob job, CancellationToken cancellationToken)
    {
        var progress = await queue.SweepAsync(
            new DeadLetterSweep(
                job.Kind == JobKind.Purge ? SweepAction.Delete : SweepAction.Reprocess,
                JobJson.Read<DeadLetterFilter>(job.Parameters),
                job.Cutoff,
                job.Cursor,
                Counter: job.Id.ToString(),
                Math.Min(PageSize, job.Rate ?? PageSize)),
            cancellationToken);

        // Redis counts in the same script, so the count includes steps whose process died before it could save the progress here.
        job.Done = Math.Max(job.Done, progress.Total);
        job.Refused += progress.Refused;
        job.Cursor = progress.Next ?? job.Cursor;
        job.State = progress.Next is null ? JobState.Done : JobState.Running;
        job.NextAt = time.GetUtcNow() + Pacing.PauseAfter(progress.Handled, job.Rate);
    }
}
