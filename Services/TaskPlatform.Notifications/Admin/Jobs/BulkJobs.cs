using System.Globalization;
using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using TaskPlatform.EventBus;
using TaskPlatform.Notifications.Admin.Audit;
using TaskPlatform.Notifications.Data;
using TaskPlatform.ServiceDefaults.Data;
using TaskPlatform.ServiceDefaults.Tokens;

namespace TaskPlatform.Notifications.Admin.Jobs;

/// <summary>Starts jobs: one a consumer group at a time, each with a cutoff beyond which it touches nothing.</summary>
internal sealed class BulkJobs(NotificationsDb db, IDeadLetterQueue queue, JobBell bell, Deed deed, TimeProvider time)
{
    /// <summary>Gentle enough for a group that has just recovered.</summary>
    public const int DefaultRate = 200;

    // Stands for the end of an empty queue: no entry comes before it.
    private const string Nothing = "0-0";

    /// <summary>What became of a request for a job.</summary>
    /// <param name="Job">The job, where one was started.</param>
    /// <param name="Other">The one that is in its way.</param>
    /// <param name="Matching">How many letters there are, where the request was wrong about it.</param>
    public sealed record Start(AdminJob? Job, AdminJob? Other = null, long? Matching = null);

    public Task<Start> ReprocessAsync(DeadLetterFilter filter, int? rate, ClaimsPrincipal caller, CancellationToken cancellationToken)
        => SweepAsync(JobKind.Reprocess, filter, matching => true, rate, caller, cancellationToken);

    /// <summary>Deletes letters, if there are as many as confirmed.</summary>
    public Task<Start> PurgeAsync(
        DeadLetterFilter filter, long? confirmed, int? rate, ClaimsPrincipal caller, CancellationToken cancellationToken)
        => SweepAsync(JobKind.Purge, filter, matching => matching == confirmed, rate, caller, cancellationToken);

    public Task<Start> ReplayAsync(
        ReplayParameters replay, string group, string cutoff, int? rate, ClaimsPrincipal caller, CancellationToken cancellationToken)
        => AddAsync(NewJob(JobKind.Replay, group, replay, cutoff, total: null, rate, caller), cancellationToken);

    public static ProblemHttpResult InTheWay(Start start) => TypedResults.Problem(
        start.Other is { } other
            ? $"The job {other.Id} ({other.Kind}, group {other.Group}) is at work. Wait for its end, or cancel it."
            : "Another job is at work.",
        statusCode: StatusCodes.Status409Conflict);

    private async Task<Start> SweepAsync(
        JobKind kind, DeadLetterFilter filter, Func<long, bool> isMeant, int? rate, ClaimsPrincipal caller, CancellationToken cancellationToken)
    {
        var cutoff = await queue.FindNewestAsync(cancellationToken) ?? Nothing;
        var matching = await queue.CountAsync(filter, cutoff, cancellationToken);
        if (!isMeant(matching))
            return new Start(null, Matching: matching);

        return await AddAsync(
            NewJob(kind, filter.Group ?? AdminJob.EveryGroup, filter, cutoff, matching, rate, caller), cancellationToken);
    }

    private AdminJob NewJob<TParameters>(
        JobKind kind, string group, TParameters parameters, string cutoff, long? total, int? rate, ClaimsPrincipal caller)
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
            Email = caller.FindFirstValue(TokenFormat.EmailClaim) ?? "",
            CreatedAt = now,
            NextAt = now,
        };
    }

    private async Task<Start> AddAsync(AdminJob job, CancellationToken cancellationToken)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await db.LockAsync("admin-jobs", cancellationToken);
        var other = await db.AdminJobs.AsNoTracking().FirstOrDefaultAsync(
            running => running.State == JobState.Running
                && (running.Group == job.Group || running.Group == AdminJob.EveryGroup || job.Group == AdminJob.EveryGroup),
            cancellationToken);
        if (other is not null)
            return new Start(null, other);

        db.AdminJobs.Add(job);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        bell.Ring();
        var count = job.Total?.ToString(CultureInfo.InvariantCulture) ?? "all";
        deed.Say($"Job {job.Id}: {job.Kind} of {count} up to {job.Cutoff}, {job.Parameters}.");
        return new Start(job);
    }
}
