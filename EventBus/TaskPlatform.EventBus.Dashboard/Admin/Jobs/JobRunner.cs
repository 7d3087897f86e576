using Microsoft.EntityFrameworkCore;
using TaskPlatform.EventBus.Dashboard.Data;

namespace TaskPlatform.EventBus.Dashboard.Admin.Jobs;

/// <summary>
/// Runs jobs. Several processes may do so: each step is a transaction that locks the job's row, so if a process dies, its step is rolled back
/// and any process takes the next one. Commands that a step sent to Redis may then be repeated.
/// </summary>
internal sealed partial class JobRunner(
    IServiceScopeFactory scopes, TimeProvider time, BackgroundLoops loops, ILogger<JobRunner> logger) : BackgroundService
{
    /// <summary>How often to check for jobs that other processes started or didn't finish.</summary>
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(5);

    /// <summary>How long a job waits after a step that found the transport unavailable.</summary>
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(2);

    private readonly CoalescedSignal started = new();

    /// <summary>Signals that this process has started a job.</summary>
    public void Wake() => started.Set();

    public override void Dispose()
    {
        started.Dispose();
        base.Dispose();
    }

    /// <summary>Runs the next step of a job, if one is due.</summary>
    /// <returns>How long to wait before the next call.</returns>
    internal async Task<TimeSpan> RunOnceAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<DashboardDb>();
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);

        // Postgres ends the session of a process that freezes while it locks the row.
        await db.Database.ExecuteSqlAsync($"SET LOCAL idle_in_transaction_session_timeout = '60s'", cancellationToken);
        var running = await db.AdminJobs
            .FromSql($"SELECT * FROM admin_jobs WHERE state = 'Running' ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED")
            .ToListAsync(cancellationToken);
        if (running is not [var job])
            return PollInterval;
        if (job.NextAt - time.GetUtcNow() is var wait && wait > TimeSpan.Zero)
            return wait < PollInterval ? wait : PollInterval;

        await StepAsync(scope.ServiceProvider, job, cancellationToken);
        if (job.State != JobState.Running)
            job.FinishedAt = time.GetUtcNow();
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        if (job.State != JobState.Running)
            LogEnded(job.Id, job.Kind, job.State, job.Done, job.Problem ?? "No errors.");
        return TimeSpan.Zero;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
        => loops.RunAsync(new("jobs") { Signal = started }, RunOnceAsync, stoppingToken);

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
        catch (EventTransportUnavailableException unavailable)
        {
            (job.Problem, job.NextAt) = (unavailable.Message, time.GetUtcNow() + RetryDelay);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            LogFailed(job.Id, job.Kind, failure);
            (job.State, job.Problem) = (JobState.Failed, failure.Message);
        }
    }

    [LoggerMessage(LogLevel.Information, "The job {JobId} ({Kind}) ended as {State} after {Done} entries. {Problem}")]
    private partial void LogEnded(Guid jobId, JobKind kind, JobState state, long done, string problem);

    [LoggerMessage(LogLevel.Error, "The job {JobId} ({Kind}) failed.")]
    private partial void LogFailed(Guid jobId, JobKind kind, Exception exception);
}
