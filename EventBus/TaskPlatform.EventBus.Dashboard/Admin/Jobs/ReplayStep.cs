using Microsoft.Extensions.Options;
using TaskPlatform.EventBus.Dashboard.Data;

namespace TaskPlatform.EventBus.Dashboard.Admin.Jobs;

/// <summary>
/// One step of a replay. A step that is repeated, because its process died, copies again under the same event ids: the inbox
/// knows them.
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

    /// <summary>What the stream has lost, the service adds that published it.</summary>
    private async Task RequestFromOwnerAsync(AdminJob job, Replay lost, CancellationToken cancellationToken)
    {
        var owner = options.Value.FindEventLog!(lost.Type);
        var answer = await replays.RequestAsync(new LogReplay(owner, lost, job.Rate, job.Cutoff), cancellationToken);
        if (answer.Done)
        {
            job.Done += answer.Added;
            job.Cursor = lost.UpTo;
            job.NextAt = time.GetUtcNow();
        }
        else
        {
            job.Problem = $"The service '{owner}' adds what the stream has lost; {answer.Added} events so far.";
            job.NextAt = time.GetUtcNow() + PollInterval;
        }
    }
}
