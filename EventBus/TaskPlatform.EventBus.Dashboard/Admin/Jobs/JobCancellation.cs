using Microsoft.EntityFrameworkCore;
using TaskPlatform.EventBus.Dashboard.Data;

namespace TaskPlatform.EventBus.Dashboard.Admin.Jobs;

/// <summary>Cancels jobs.</summary>
internal sealed class JobCancellation(DashboardDb db, IReplays replays, TimeProvider time)
{
    /// <summary>Cancels a job. Waits for the job's current step and prevents further steps.</summary>
    /// <returns>The job; null if it doesn't exist.</returns>
    public async Task<AdminJob?> CancelAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var found = await db.AdminJobs.FromSql($"SELECT * FROM admin_jobs WHERE id = {id} FOR UPDATE").ToListAsync(cancellationToken);
        if (found is not [var job])
            return null;

        if (job.State == JobState.Running)
        {
            if (job.Kind == JobKind.Replay)
                await replays.WithdrawAsync(job.Id.ToString(), cancellationToken);
            (job.State, job.FinishedAt) = (JobState.Cancelled, time.GetUtcNow());
            await db.SaveChangesAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return job;
    }
}
