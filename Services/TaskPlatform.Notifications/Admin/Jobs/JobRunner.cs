using Microsoft.EntityFrameworkCore;
using TaskPlatform.EventBus;
using TaskPlatform.Notifications.Data;

namespace TaskPlatform.Notifications.Admin.Jobs;

/// <summary>
/// Runs jobs, in as many processes as there are: each step is a transaction that holds the job's row, so a process that dies
/// loses its step, and any other takes the next. What a step does in Redis may be repeated.
/// </summary>
internal sealed partial class JobRunner(IServiceScopeFactory scopes, TimeProvider time, ILogger<JobRunner> logger) : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <summary>Takes the next step of a job that is due.</summary>
    /// <returns>Whether there was one.</returns>
    internal async Task<bool> RunOnceAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<NotificationsDb>();
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);

        // A process that freezes with the row in its hands is cut off.
        await db.Database.ExecuteSqlAsync($"SET LOCAL idle_in_transaction_session_timeout = '60s'", cancellationToken);
        var now = time.GetUtcNow();
        var due = await db.AdminJobs
            .FromSql(
                $"""
                SELECT * FROM admin_jobs WHERE state = 'Running' AND next_at <= {now}
                ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED
                """)
            .ToListAsync(cancellationToken);
        if (due is not [var job])
            return false;

        await StepAsync(scope.ServiceProvider, job, cancellationToken);
        if (job.State != JobState.Running)
            job.FinishedAt = time.GetUtcNow();
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        if (job.State != JobState.Running)
            LogEnded(job.Id, job.Kind, job.State, job.Done, job.Problem);
        return true;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var wait = TimeSpan.Zero;
            try
            {
                wait = await RunOnceAsync(stoppingToken) ? TimeSpan.Zero : Look;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                LogInterrupted(failure.Message);
                wait = Pause;
            }

            if (wait > TimeSpan.Zero)
                await Task.Delay(wait, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task StepAsync(IServiceProvider services, AdminJob job, CancellationToken cancellationToken)
    {
        try
        {
            job.Problem = null;
            await (job.Kind switch
            {
                JobKind.Replay => services.GetRequiredService<ReplayStep>().RunAsync(job, cancellationToken),
                _ => services.GetRequiredService<SweepStep>().RunAsync(job, cancellationToken),
            });
        }
        catch (EventTransportUnavailableException away)
        {
            (job.Problem, job.NextAt) = (away.Message, time.GetUtcNow() + Pause);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            LogFailed(job.Id, job.Kind, failure);
            (job.State, job.Problem) = (JobState.Failed, failure.Message);
        }
    }

    [LoggerMessage(LogLevel.Information, "The job {JobId} ({Kind}) ended as {State} after {Done} entries. {Problem}")]
    private partial void LogEnded(Guid jobId, JobKind kind, JobState state, long done, string? problem);

    [LoggerMessage(LogLevel.Error, "The job {JobId} ({Kind}) failed.")]
    private partial void LogFailed(Guid jobId, JobKind kind, Exception exception);

    [LoggerMessage(LogLevel.Warning, "Jobs can't be run at the moment, they go on by themselves: {Reason}")]
    private partial void LogInterrupted(string reason);
}
