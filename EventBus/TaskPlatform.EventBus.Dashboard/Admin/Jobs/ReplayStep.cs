using Microsoft.Extensions.Options;
using TaskPlatform.EventBus.Dashboard.Data;

namespace TaskPlatform.EventBus.Dashboard.Admin.Jobs;

/// <summary>
/// One step of a replay. If a step is repeated because its process died, it copies the same events again under the same ids, and the inbox
/// detects the duplicates.
/// </summary>
internal sealed class ReplayStep(IReplays replays, IOptions<EventBusDashboardOptions> options, TimeProvider time)
{
    private const int PageSize = 200;
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(500);

    public async Task RunAsync(AdminJob job, CancellationToken cancellationToken)
    {
        var parameters = JobJson.Read<ReplayParameters>(job.Parameters);
        var replay = new Replay(
            job.Id.ToString(), parameters.Type, job.Group, job.Cursor ?? parameters.After, job.Cutoff, parameters.ReapplyEffects);
        var progress = await replays.CopyAsync(replay, Math.Min(PageSize, job.Rate ?? PageSize), cancellationToken);
        if (progress.Gap is { } gap)
        {
            await RequestFromOwnerAsync(job, replay with { UpTo = gap }, cancellationToken);
            return;
        }

        job.Done += progress.Copied;
        job.Cursor = progress.Next ?? job.Cutoff;
        job.NextAt = time.GetUtcNow() + Pacing.PauseAfter(progress.Copied, job.Rate);
        if (progress.Next is not null)
            return;

        await replays.WithdrawAsync(replay.ReplayId, cancellationToken);
        job.State = JobState.Done;
    }

    /// <summary>Requests events that the stream no longer has from the service that published them.</summary>
    private async Task RequestFromOwnerAsync(AdminJob job, Replay lost, CancellationToken cancellationToken)
    {
        var owner = options.Value.FindEventLog!(lost.Type);
        var response = await replays.RequestAsync(new LogReplay(owner, lost, job.Rate, job.Cutoff), cancellationToken);
        if (response.Done)
        {
            job.Done += response.Added;
            job.Cursor = lost.UpTo;
            job.NextAt = time.GetUtcNow();
        }
        else
        {
            job.Problem = $"The service '{owner}' is republishing events that the stream no longer has; {response.Added} so far.";
            job.NextAt = time.GetUtcNow() + PollInterval;
        }
    }
}
