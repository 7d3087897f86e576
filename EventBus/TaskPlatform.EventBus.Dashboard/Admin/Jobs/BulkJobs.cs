using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.EventBus.Dashboard.Admin.Audit;
using TaskPlatform.EventBus.Dashboard.Data;

namespace TaskPlatform.EventBus.Dashboard.Admin.Jobs;

/// <summary>
/// Starts jobs. Only one job per consumer group may run at a time, and each has a cutoff beyond which it changes nothing. Of concurrent requests
/// for a group only one starts a job, even if that job has ended when the others are handled.
/// </summary>
internal sealed class BulkJobs(DashboardDb db, IDeadLetterQueue queue, JobRunner runner, AuditEntry audit, TimeProvider time)
{
    /// <summary>Low enough for a group that has just recovered.</summary>
    public const int DefaultRate = 200;

    // The cutoff of an empty queue, before every possible entry.
    private const string BeforeFirst = "0-0";

    /// <summary>The outcome of a request for a job.</summary>
    /// <param name="Job">The job, if one was started.</param>
    /// <param name="Other">The conflicting job: one that is running, or that was started after this request had begun.</param>
    /// <param name="Matching">The number of matching dead letters, if the confirmed number was missing or wrong.</param>
    public sealed record Start(AdminJob? Job, AdminJob? Other = null, long? Matching = null)
    {
        /// <summary>The conflict in two sentences; null if a job was started or the confirmed number was wrong.</summary>
        public string? Conflict => Other switch
        {
            null => null,
            { State: JobState.Running } => $"The job {Other.Id} ({Other.Kind}, group {Other.Group}) is running. Wait until it ends, or cancel it.",
            _ => $"The job {Other.Id} ({Other.Kind}, group {Other.Group}) was started at the same time. Check what it did before you repeat this.",
        };
    }

    public Task<Start> ReprocessAsync(DeadLetterFilter filter, int? rate, CurrentOperator caller, CancellationToken cancellationToken)
        => SweepAsync(JobKind.Reprocess, filter, matching => true, rate, caller, cancellationToken);

    /// <summary>Deletes the matching dead letters if their number is the confirmed one.</summary>
    public async Task<Start> PurgeAsync(
        DeadLetterFilter filter, long? confirmed, int? rate, CurrentOperator caller, CancellationToken cancellationToken)
        => confirmed is null
            ? new Start(null, Matching: (await CountAsync(filter, cancellationToken)).Matching)
            : await SweepAsync(JobKind.Purge, filter, matching => matching == confirmed, rate, caller, cancellationToken);

    public Task<Start> ReplayAsync(
        ReplayParameters replay, string group, string cutoff, int? rate, CurrentOperator caller, CancellationToken cancellationToken)
        => AddAsync(
            group,
            () => Task.FromResult(new Start(NewJob(JobKind.Replay, group, replay, cutoff, total: null, rate, caller))),
            cancellationToken);

    public static ProblemHttpResult ConflictProblem(Start start)
        => TypedResults.Problem(start.Conflict, statusCode: StatusCodes.Status409Conflict);

    private Task<Start> SweepAsync(
        JobKind kind, DeadLetterFilter filter, Func<long, bool> isConfirmed, int? rate, CurrentOperator caller, CancellationToken cancellationToken)
    {
        var group = filter.Group ?? AdminJob.EveryGroup;
        return AddAsync(group, CreateAsync, cancellationToken);

        async Task<Start> CreateAsync()
        {
            var (cutoff, matching) = await CountAsync(filter, cancellationToken);
            return isConfirmed(matching)
                ? new Start(NewJob(kind, group, filter, cutoff, matching, rate, caller))
                : new Start(null, Matching: matching);
        }
    }

    private async Task<(string Cutoff, long Matching)> CountAsync(DeadLetterFilter filter, CancellationToken cancellationToken)
    {
        var cutoff = await queue.FindNewestAsync(cancellationToken) ?? BeforeFirst;
        return (cutoff, await queue.CountAsync(filter, cutoff, cancellationToken));
    }

    private AdminJob NewJob<TParameters>(
        JobKind kind, string group, TParameters parameters, string cutoff, long? total, int? rate, CurrentOperator caller)
    {
        var now = time.GetUtcNow();
        return new AdminJob
        {
            Id = Guid.CreateVersion7(now),
            Kind = kind,
            Group = group,
            Parameters = JsonSerializer.Serialize(parameters, JobJson.Options),
            Cutoff = cutoff,
            Total = total,
            Rate = rate switch { null => DefaultRate, 0 => null, _ => rate },
            UserId = caller.UserId,
            Email = caller.Email,
            CreatedAt = now,
            NextAt = now,
        };
    }

    /// <summary>Creates and adds a job under a lock, so that the data that it is based on can't be changed by another job meanwhile.</summary>
    private async Task<Start> AddAsync(string group, Func<Task<Start>> create, CancellationToken cancellationToken)
    {
        var jobs = db.AdminJobs.AsNoTracking()
            .Where(job => job.Group == group || job.Group == AdminJob.EveryGroup || group == AdminJob.EveryGroup);
        var before = await jobs.CountAsync(cancellationToken);
        if (await FindRunningAsync() is { } running)
            return new Start(null, running);

        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtextextended('admin-jobs', 0))", cancellationToken);
        if (await jobs.CountAsync(cancellationToken) > before)
            return new Start(null, await jobs.OrderByDescending(job => job.Id).FirstAsync(cancellationToken));
        if (await FindRunningAsync() is { } other)
            return new Start(null, other);

        var start = await create();
        if (start.Job is not { } job)
            return start;

        db.AdminJobs.Add(job);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        runner.Wake();
        var count = job.Total?.ToString(CultureInfo.InvariantCulture) ?? "all entries";
        audit.Add($"Job {job.Id}: {job.Kind} of {count} up to {job.Cutoff}, {job.Parameters}.");
        return start;

        Task<AdminJob?> FindRunningAsync() => jobs.FirstOrDefaultAsync(job => job.State == JobState.Running, cancellationToken);
    }
}
